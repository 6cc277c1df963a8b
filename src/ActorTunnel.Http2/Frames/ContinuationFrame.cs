namespace ActorTunnel.Http2.Frames;

/// <summary>A CONTINUATION frame (RFC 9113 §6.10): the next part of a field block. The fragment is a view of the caller's bytes.</summary>
public readonly ref struct ContinuationFrame
{
    /// <summary>Not 0.</summary>
    public int StreamId { get; private init; }

    /// <summary>The next part of the field block; it may be empty.</summary>
    public ReadOnlySpan<byte> Fragment { get; private init; }

    /// <summary>Whether the field block ends with this frame.</summary>
    public bool EndHeaders { get; private init; }

    /// <summary>Reads a frame; that it follows HEADERS of the same stream is the reader's to check.</summary>
    public static Http2Error TryParse(FrameHeader header, ReadOnlySpan<byte> payload, out ContinuationFrame frame)
    {
        frame = new ContinuationFrame
        {
            StreamId = header.StreamId,
            Fragment = payload,
            EndHeaders = header.Has(FrameFlags.EndHeaders),
        };
        return header.StreamId == 0
            ? Http2Error.Connection(ErrorCode.ProtocolError, "CONTINUATION on stream 0")
            : Http2Error.None;
    }

    /// <summary>The header of a CONTINUATION frame.</summary>
    public static FrameHeader Header(int streamId, int fragmentLength, bool endHeaders) => new(
        fragmentLength, FrameType.Continuation, endHeaders ? FrameFlags.EndHeaders : FrameFlags.None, streamId);
}
