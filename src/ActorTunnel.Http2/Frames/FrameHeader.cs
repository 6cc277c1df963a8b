using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>
/// The nine bytes in front of each frame (RFC 9113 §4.1): payload length (24 bits), type, flags, and a stream id of 31 bits
/// whose reserved top bit is ignored when read and 0 when written.
/// </summary>
/// <param name="Length">Payload bytes, 0 to 2^24−1; the header itself is not counted.</param>
/// <param name="Type">May be a type that RFC 9113 does not know.</param>
/// <param name="Flags">As they stand on the wire, unknown ones included.</param>
/// <param name="StreamId">0 for the connection.</param>
public readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, int StreamId)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 9;

    /// <summary>The largest stream id, and the "all streams" of a first GOAWAY: 2^31−1.</summary>
    public const int MaxStreamId = int.MaxValue;

    /// <summary>Reads the first nine bytes of <paramref name="source"/>.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> source) => new(
        (source[0] << 16) | (source[1] << 8) | source[2],
        (FrameType)source[3],
        (FrameFlags)source[4],
        (int)(BinaryPrimitives.ReadUInt32BigEndian(source[5..]) & MaxStreamId));

    /// <summary>Writes nine bytes to the front of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        destination[8] = (byte)StreamId;
        destination[7] = (byte)(StreamId >> 8);
        destination[6] = (byte)(StreamId >> 16);
        destination[5] = (byte)(StreamId >> 24);
        destination[4] = (byte)Flags;
        destination[3] = (byte)Type;
        destination[2] = (byte)Length;
        destination[1] = (byte)(Length >> 8);
        destination[0] = (byte)(Length >> 16);
    }

    /// <summary>Whether all of <paramref name="flag"/> is set.</summary>
    public bool Has(FrameFlags flag) => (Flags & flag) == flag;
}
