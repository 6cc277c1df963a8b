using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>
/// A PRIORITY frame (RFC 9113 §6.3, deprecated): exclusive bit and dependency (4 bytes), weight (1 byte). Its content is checked and
/// ignored; we send it only in tests.
/// </summary>
public readonly record struct PriorityFrame(int StreamId, int DependsOn, bool Exclusive, byte Weight)
{
    /// <summary>Payload bytes, also of the priority inside HEADERS.</summary>
    public const int Size = 5;

    /// <summary>Reads a frame; <paramref name="payload"/> has the header's length.</summary>
    public static Http2Error TryParse(FrameHeader header, ReadOnlySpan<byte> payload, out PriorityFrame frame)
    {
        frame = default;
        if (header.StreamId == 0)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "PRIORITY on stream 0");
        }

        if (payload.Length != Size)
        {
            return Http2Error.Stream(ErrorCode.FrameSizeError, "PRIORITY is not 5 bytes long");
        }

        var dependency = BinaryPrimitives.ReadUInt32BigEndian(payload);
        frame = new PriorityFrame(
            header.StreamId, (int)(dependency & FrameHeader.MaxStreamId), dependency > FrameHeader.MaxStreamId, payload[4]);
        return frame.DependsOn == frame.StreamId
            ? Http2Error.Stream(ErrorCode.ProtocolError, "a stream depends on itself")
            : Http2Error.None;
    }

    /// <summary>Writes header and payload, 14 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        new FrameHeader(Size, FrameType.Priority, FrameFlags.None, StreamId).Write(destination);
        var dependency = (uint)DependsOn | (Exclusive ? 0x8000_0000u : 0);
        BinaryPrimitives.WriteUInt32BigEndian(destination[FrameHeader.Size..], dependency);
        destination[FrameHeader.Size + 4] = Weight;
    }
}
