using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Puts a field block together from HEADERS and CONTINUATION (RFC 9113 §4.3, §6.10): nothing may come between them, and neither bytes
/// nor frames may go on for ever (CVE-2024-27316). A block that lies in one HEADERS frame is not copied.
/// <code>
///   closed ──HEADERS without END_HEADERS──▶ open ──CONTINUATION with END_HEADERS──▶ closed
///     │                                     │  ▲
///     └─HEADERS with END_HEADERS─▶ closed   └──┘ CONTINUATION
/// </code>
/// </summary>
internal sealed class HeaderBlockAssembler : IDisposable
{
    /// <summary>Encoded bytes of a block, 32 KiB: twice what a list that is served can decode to.</summary>
    public const int MaxBlock = 32 * 1024;

    /// <summary>CONTINUATION frames of a block; empty ones count, since they cost work as well.</summary>
    public const int MaxContinuations = 8;

    private readonly BufferPool _pool;
    private Block? _block;
    private int _length;
    private int _continuations;

    public HeaderBlockAssembler(BufferPool pool)
    {
        _pool = pool;
    }

    /// <summary>Whether CONTINUATION must come next.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The stream of the block.</summary>
    public int StreamId { get; private set; }

    /// <summary>END_STREAM of the HEADERS frame.</summary>
    public bool EndStream { get; private set; }

    /// <inheritdoc cref="HeadersFrame.DependsOnItself"/>
    public bool DependsOnItself { get; private set; }

    /// <summary>Checks any frame's header, before its payload is read.</summary>
    public Http2Error Check(FrameHeader header)
    {
        if (!IsOpen)
        {
            return header.Type switch
            {
                FrameType.Continuation =>
                    Http2Error.Connection(ErrorCode.ProtocolError, "CONTINUATION without HEADERS before it"),
                FrameType.Headers when header.Length > MaxBlock + HeadersFrame.MaxOverhead => TooLong,
                _ => Http2Error.None,
            };
        }

        if (header.Type != FrameType.Continuation || header.StreamId != StreamId)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "a frame inside a field block");
        }

        _continuations++;
        return _continuations > MaxContinuations
            ? Http2Error.Connection(ErrorCode.EnhanceYourCalm, "a field block of too many CONTINUATION frames")
            : CheckLength(header.Length);
    }

    /// <summary>HEADERS came. Where the block is whole, <paramref name="block"/> is a view of the frame.</summary>
    public Http2Error Begin(HeadersFrame frame, out ReadOnlySpan<byte> block)
    {
        StreamId = frame.StreamId;
        EndStream = frame.EndStream;
        DependsOnItself = frame.DependsOnItself;
        IsOpen = !frame.EndHeaders;
        block = frame.Fragment;
        var error = CheckLength(frame.Fragment.Length);
        if (error.IsNone && IsOpen)
        {
            Keep(frame.Fragment);
        }

        return error;
    }

    /// <summary>CONTINUATION came. Where the block is whole, <paramref name="block"/> is valid until <see cref="Close"/>.</summary>
    public void Continue(ContinuationFrame frame, out ReadOnlySpan<byte> block)
    {
        Keep(frame.Fragment);
        IsOpen = !frame.EndHeaders;
        block = _block is null ? default : _block.Array.AsSpan(0, _length);
    }

    /// <summary>The block was decoded.</summary>
    public void Close()
    {
        _block?.Release();
        _block = null;
        _length = 0;
        _continuations = 0;
        IsOpen = false;
    }

    public void Dispose() => Close();

    private static Http2Error TooLong => Http2Error.Connection(ErrorCode.EnhanceYourCalm, "a field block of more than 32 KiB");

    private Http2Error CheckLength(int more) => _length + more > MaxBlock ? TooLong : Http2Error.None;

    private void Keep(ReadOnlySpan<byte> fragment)
    {
        if (fragment.IsEmpty)
        {
            return;
        }

        _block ??= _pool.Rent();
        fragment.CopyTo(_block.Array.AsSpan(_length));
        _length += fragment.Length;
    }
}
