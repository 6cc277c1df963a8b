using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>A WINDOW_UPDATE frame (RFC 9113 §6.9): an increment of 1 to 2^31−1 bytes for a stream, or for the connection on stream 0.</summary>
public readonly record struct WindowUpdateFrame(int StreamId, int Increment)
{
    /// <summary>Payload bytes.</summary>
    public const int Size = 4;

    /// <summary>
    /// Reads a frame; <paramref name="payload"/> has the header's length. An increment of 0 is an error of what it names: the stream or
    /// the connection.
    /// </summary>
    public static Http2Error TryParse(FrameHeader header, ReadOnlySpan<byte> payload, out WindowUpdateFrame frame)
    {
        frame = default;
        if (payload.Length != Size)
        {
            return Http2Error.Connection(ErrorCode.FrameSizeError, "WINDOW_UPDATE is not 4 bytes long");
        }

        frame = new WindowUpdateFrame(
            header.StreamId, (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & FrameHeader.MaxStreamId));
        if (frame.Increment != 0)
        {
            return Http2Error.None;
        }

        return header.StreamId == 0
            ? Http2Error.Connection(ErrorCode.ProtocolError, "WINDOW_UPDATE of 0 on the connection")
            : Http2Error.Stream(ErrorCode.ProtocolError, "WINDOW_UPDATE of 0 on a stream");
    }

    /// <summary>Writes header and payload, 13 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        new FrameHeader(Size, FrameType.WindowUpdate, FrameFlags.None, StreamId).Write(destination);
        BinaryPrimitives.WriteInt32BigEndian(destination[FrameHeader.Size..], Increment);
    }
}
