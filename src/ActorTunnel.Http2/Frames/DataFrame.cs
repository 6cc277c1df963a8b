namespace ActorTunnel.Http2.Frames;

/// <summary>
/// The shape of a DATA frame (RFC 9113 §6.1). The payload is no part of it: it is passed on as it arrives and never gathered.
/// On the wire: [pad length, 1 byte, when PADDED] payload [padding].
/// </summary>
/// <param name="StreamId">Not 0.</param>
/// <param name="PayloadLength">Bytes between the pad length and the padding.</param>
/// <param name="PaddingLength">Bytes of padding behind the payload, 0 to 255, the pad length byte not counted.</param>
/// <param name="EndStream">Whether nothing follows in this direction.</param>
public readonly record struct DataFrame(int StreamId, int PayloadLength, int PaddingLength, bool EndStream)
{
    /// <summary>Checks what the nine bytes alone can tell.</summary>
    public static Http2Error CheckHeader(FrameHeader header)
    {
        if (header.StreamId == 0)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "DATA on stream 0");
        }

        return header.Has(FrameFlags.Padded) && header.Length == 0
            ? Http2Error.Connection(ErrorCode.FrameSizeError, "DATA without room for its pad length")
            : Http2Error.None;
    }

    /// <summary>
    /// Reads the frame's shape; <paramref name="padLength"/> is its first payload byte when PADDED is set, else it is ignored.
    /// </summary>
    public static Http2Error TryParse(FrameHeader header, byte padLength, out DataFrame frame)
    {
        var end = header.Has(FrameFlags.EndStream);
        if (!header.Has(FrameFlags.Padded))
        {
            frame = new DataFrame(header.StreamId, header.Length, 0, end);
            return Http2Error.None;
        }

        frame = new DataFrame(header.StreamId, header.Length - 1 - padLength, padLength, end);
        return frame.PayloadLength < 0
            ? Http2Error.Connection(ErrorCode.ProtocolError, "DATA padded beyond its length")
            : Http2Error.None;
    }

    /// <summary>The header of an unpadded DATA frame.</summary>
    public static FrameHeader Header(int streamId, int payloadLength, bool endStream) => new(
        payloadLength, FrameType.Data, endStream ? FrameFlags.EndStream : FrameFlags.None, streamId);
}
