using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>A RST_STREAM frame (RFC 9113 §6.4): the error code, 4 bytes.</summary>
public readonly record struct ResetStreamFrame(int StreamId, ErrorCode Code)
{
    /// <summary>Payload bytes.</summary>
    public const int Size = 4;

    /// <summary>Reads a frame; <paramref name="payload"/> has the header's length.</summary>
    public static Http2Error TryParse(FrameHeader header, ReadOnlySpan<byte> payload, out ResetStreamFrame frame)
    {
        frame = default;
        if (header.StreamId == 0)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "RST_STREAM on stream 0");
        }

        if (payload.Length != Size)
        {
            return Http2Error.Connection(ErrorCode.FrameSizeError, "RST_STREAM is not 4 bytes long");
        }

        frame = new ResetStreamFrame(header.StreamId, (ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload));
        return Http2Error.None;
    }

    /// <summary>Writes header and payload, 13 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        new FrameHeader(Size, FrameType.ResetStream, FrameFlags.None, StreamId).Write(destination);
        BinaryPrimitives.WriteUInt32BigEndian(destination[FrameHeader.Size..], (uint)Code);
    }
}
