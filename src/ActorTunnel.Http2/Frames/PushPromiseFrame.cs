using System.Buffers.Binary;

namespace ActorTunnel.Http2.Frames;

/// <summary>
/// A PUSH_PROMISE frame (RFC 9113 §6.6). A client announces ENABLE_PUSH = 0 and a server never receives one, so reading ends in the
/// connection error that says so; writing is there for the peer of a test.
/// </summary>
public readonly record struct PushPromiseFrame(int StreamId, int PromisedStreamId)
{
    /// <summary>Payload bytes in front of the field block, without padding.</summary>
    public const int Size = 4;

    /// <summary>What receiving one is, whatever it says.</summary>
    public static Http2Error Refuse() => Http2Error.Connection(ErrorCode.ProtocolError, "PUSH_PROMISE, but push is not enabled");

    /// <summary>Writes header and payload with an empty field block that ends at once, 13 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        new FrameHeader(Size, FrameType.PushPromise, FrameFlags.EndHeaders, StreamId).Write(destination);
        BinaryPrimitives.WriteInt32BigEndian(destination[FrameHeader.Size..], PromisedStreamId);
    }
}
