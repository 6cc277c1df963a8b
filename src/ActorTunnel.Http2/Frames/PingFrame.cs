using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>A PING frame (RFC 9113 §6.7): eight bytes that the acknowledgement repeats.</summary>
public readonly record struct PingFrame(long Opaque, bool Ack)
{
    /// <summary>Payload bytes.</summary>
    public const int Size = 8;

    /// <summary>Reads a frame; <paramref name="payload"/> has the header's length.</summary>
    public static Http2Error TryParse(FrameHeader header, ReadOnlySpan<byte> payload, out PingFrame frame)
    {
        frame = default;
        if (header.StreamId != 0)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "PING on a stream");
        }

        if (payload.Length != Size)
        {
            return Http2Error.Connection(ErrorCode.FrameSizeError, "PING is not 8 bytes long");
        }

        frame = new PingFrame(BinaryPrimitives.ReadInt64BigEndian(payload), header.Has(FrameFlags.Ack));
        return Http2Error.None;
    }

    /// <summary>Writes header and payload, 17 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        new FrameHeader(Size, FrameType.Ping, Ack ? FrameFlags.Ack : FrameFlags.None, 0).Write(destination);
        BinaryPrimitives.WriteInt64BigEndian(destination[FrameHeader.Size..], Opaque);
    }
}
