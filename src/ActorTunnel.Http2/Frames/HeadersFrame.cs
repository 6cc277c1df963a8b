using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>
/// A HEADERS frame (RFC 9113 §6.2). On the wire: [pad length] [priority, 5 bytes, when PRIORITY] fragment [padding]. The fragment is a
/// view of the caller's bytes.
/// </summary>
public readonly ref struct HeadersFrame
{
    /// <summary>Bytes that a HEADERS frame may hold beside its fragment: pad length, priority, padding.</summary>
    public const int MaxOverhead = 1 + PriorityFrame.Size + byte.MaxValue;

    /// <summary>Not 0.</summary>
    public int StreamId { get; private init; }

    /// <summary>The first or only part of the field block.</summary>
    public ReadOnlySpan<byte> Fragment { get; private init; }

    /// <summary>Whether the direction ends with this field block.</summary>
    public bool EndStream { get; private init; }

    /// <summary>Whether the field block ends with this frame.</summary>
    public bool EndHeaders { get; private init; }

    /// <summary>
    /// Whether the deprecated priority names the stream itself. A stream error, but only after the block was decoded: the
    /// decoder must see every block.
    /// </summary>
    public bool DependsOnItself { get; private init; }

    /// <summary>Reads a frame; <paramref name="payload"/> has the header's length.</summary>
    public static Http2Error TryParse(FrameHeader header, ReadOnlySpan<byte> payload, out HeadersFrame frame)
    {
        frame = default;
        if (header.StreamId == 0)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "HEADERS on stream 0");
        }

        var fragment = payload;
        var padding = 0;
        if (header.Has(FrameFlags.Padded))
        {
            if (fragment.IsEmpty)
            {
                return Http2Error.Connection(ErrorCode.FrameSizeError, "HEADERS without room for its pad length");
            }

            padding = fragment[0];
            fragment = fragment[1..];
        }

        var dependsOnItself = false;
        if (header.Has(FrameFlags.Priority))
        {
            if (fragment.Length < PriorityFrame.Size)
            {
                return Http2Error.Connection(ErrorCode.FrameSizeError, "HEADERS without room for its priority");
            }

            dependsOnItself = (BinaryPrimitives.ReadUInt32BigEndian(fragment) & FrameHeader.MaxStreamId) == header.StreamId;
            fragment = fragment[PriorityFrame.Size..];
        }

        if (padding > fragment.Length)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "HEADERS padded beyond its length");
        }

        frame = new HeadersFrame
        {
            StreamId = header.StreamId,
            Fragment = fragment[..^padding],
            EndStream = header.Has(FrameFlags.EndStream),
            EndHeaders = header.Has(FrameFlags.EndHeaders),
            DependsOnItself = dependsOnItself,
        };
        return Http2Error.None;
    }

    /// <summary>The header of a HEADERS frame without padding and priority.</summary>
    public static FrameHeader Header(int streamId, int fragmentLength, bool endStream, bool endHeaders) => new(
        fragmentLength,
        FrameType.Headers,
        (endStream ? FrameFlags.EndStream : FrameFlags.None) | (endHeaders ? FrameFlags.EndHeaders : FrameFlags.None),
        streamId);
}
