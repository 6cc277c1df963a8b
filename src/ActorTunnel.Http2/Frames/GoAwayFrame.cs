using System.Buffers.Binary;
using System.Text;

namespace ActorTunnel.Http2.Frames;

/// <summary>A GOAWAY frame (RFC 9113 §6.8): last stream id (4 bytes), error code (4 bytes), debug data.</summary>
/// <param name="LastStreamId">The highest stream of the receiver that the sender may have acted on.</param>
/// <param name="Code">Why.</param>
/// <param name="Debug">ASCII, for a log; never null.</param>
public readonly record struct GoAwayFrame(int LastStreamId, ErrorCode Code, string Debug)
{
    /// <summary>Payload bytes in front of the debug data.</summary>
    public const int FixedSize = 8;

    /// <summary>
    /// Bytes of debug data that are kept, 256: they go to a log line. A longer text is legal and its rest is skipped.
    /// </summary>
    public const int MaxDebug = 256;

    /// <summary>Bytes that <see cref="Write"/> takes, the header included.</summary>
    public int WrittenSize => FrameHeader.Size + FixedSize + Math.Min(Debug.Length, MaxDebug);

    /// <summary>Checks what the nine bytes alone can tell.</summary>
    public static Http2Error CheckHeader(FrameHeader header)
    {
        if (header.StreamId != 0)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "GOAWAY on a stream");
        }

        return header.Length < FixedSize
            ? Http2Error.Connection(ErrorCode.FrameSizeError, "GOAWAY is shorter than 8 bytes")
            : Http2Error.None;
    }

    /// <summary>
    /// Reads a frame whose header was checked; <paramref name="payload"/> may be cut after <see cref="MaxDebug"/> bytes of debug data.
    /// What is not printable ASCII becomes a question mark.
    /// </summary>
    public static GoAwayFrame Parse(ReadOnlySpan<byte> payload) => new(
        (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & FrameHeader.MaxStreamId),
        (ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload[4..]),
        Printable(payload[FixedSize..]));

    /// <summary>Writes header and payload, <see cref="WrittenSize"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        new FrameHeader(WrittenSize - FrameHeader.Size, FrameType.GoAway, FrameFlags.None, 0).Write(destination);
        var payload = destination[FrameHeader.Size..];
        BinaryPrimitives.WriteInt32BigEndian(payload, LastStreamId);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)Code);
        Encoding.ASCII.GetBytes(Debug.AsSpan(0, Math.Min(Debug.Length, MaxDebug)), payload[FixedSize..]);
    }

    private static string Printable(ReadOnlySpan<byte> debug) => debug.IsEmpty
        ? string.Empty
        : string.Create(Math.Min(debug.Length, MaxDebug), debug, static (text, bytes) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '?';
            }
        });
}
