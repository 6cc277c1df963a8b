using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Http2.Frames;

/// <summary>
/// Composes output: small frames are written one behind the other into pooled write blocks, so that many of them become one slice and
/// one write; large payloads go between them by reference. Holds a block only while there is output.
/// </summary>
public sealed class FrameWriter : IDisposable
{
    /// <summary>
    /// A payload below this is copied, 2 KiB: a copy of it costs less than a slice of its own does on its way to the socket (there is no
    /// gather write through TLS).
    /// </summary>
    public const int CopyThreshold = 2 * 1024;

    private readonly BufferPool _pool;
    private readonly SliceQueue _done = new();
    private Block? _block;
    private int _start;
    private int _end;

    /// <param name="pool">Lends the write blocks.</param>
    public FrameWriter(BufferPool pool)
    {
        _pool = pool;
    }

    /// <summary>Bytes that were written and not taken.</summary>
    public int Bytes => _done.Bytes + (_end - _start);

    /// <summary>
    /// The next <paramref name="size"/> bytes of output, to be filled before the next call. At most a block.
    /// </summary>
    public Span<byte> Reserve(int size)
    {
        if (_block is null || _block.Size - _end < size)
        {
            CloseBlock();
            _block = _pool.Rent();
        }

        var bytes = _block.Array.AsSpan(_end, size);
        _end += size;
        return bytes;
    }

    /// <summary>Copies bytes of any length behind what is there.</summary>
    public void Copy(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = _block is null || _block.Size == _end ? BufferPool.BlockSize : _block.Size - _end;
            var part = bytes[..Math.Min(room, bytes.Length)];
            part.CopyTo(Reserve(part.Length));
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Puts a slice behind what is there, by reference; it is the writer's.</summary>
    public void Append(Slice slice)
    {
        Seal();
        _done.Enqueue(slice);
    }

    /// <summary>Writes the header of a frame whose payload follows.</summary>
    public void Write(FrameHeader frame) => frame.Write(Reserve(FrameHeader.Size));

    /// <inheritdoc cref="ResetStreamFrame"/>
    public void Write(ResetStreamFrame frame) => frame.Write(Reserve(FrameHeader.Size + ResetStreamFrame.Size));

    /// <inheritdoc cref="PingFrame"/>
    public void Write(PingFrame frame) => frame.Write(Reserve(FrameHeader.Size + PingFrame.Size));

    /// <inheritdoc cref="WindowUpdateFrame"/>
    public void Write(WindowUpdateFrame frame) => frame.Write(Reserve(FrameHeader.Size + WindowUpdateFrame.Size));

    /// <inheritdoc cref="GoAwayFrame"/>
    public void Write(GoAwayFrame frame) => frame.Write(Reserve(frame.WrittenSize));

    /// <inheritdoc cref="SettingsFrame"/>
    public void Write(ReadOnlySpan<Setting> settings) => SettingsFrame.Write(Reserve(SettingsFrame.WrittenSize(settings.Length)), settings);

    /// <summary>Writes an acknowledgement of SETTINGS.</summary>
    public void WriteSettingsAck() => SettingsFrame.WriteAck(Reserve(FrameHeader.Size));

    /// <summary>Writes a field block as HEADERS and, where it is longer than the peer's largest frame, CONTINUATION frames.</summary>
    public void WriteFieldBlock(int streamId, ReadOnlySpan<byte> block, bool endStream, int maxFrameSize)
    {
        var part = block[..Math.Min(block.Length, maxFrameSize)];
        block = block[part.Length..];
        Write(HeadersFrame.Header(streamId, part.Length, endStream, block.IsEmpty));
        Copy(part);
        while (!block.IsEmpty)
        {
            part = block[..Math.Min(block.Length, maxFrameSize)];
            block = block[part.Length..];
            Write(ContinuationFrame.Header(streamId, part.Length, block.IsEmpty));
            Copy(part);
        }
    }

    /// <summary>Moves all output to the end of <paramref name="into"/>.</summary>
    public void MoveTo(SliceQueue into)
    {
        CloseBlock();
        _done.MoveTo(into);
    }

    /// <summary>Gives back all output.</summary>
    public void Dispose()
    {
        CloseBlock();
        _done.Clear();
    }

    /// <summary>Makes what was written a slice; what is left of the block serves on.</summary>
    private void Seal()
    {
        if (_block is null || _start == _end)
        {
            return;
        }

        _block.Retain();
        _done.Enqueue(_block.AsSlice(_start, _end - _start));
        _start = _end;
    }

    private void CloseBlock()
    {
        if (_block is null)
        {
            return;
        }

        if (_start == _end)
        {
            _block.Release();
        }
        else
        {
            _done.Enqueue(_block.AsSlice(_start, _end - _start));
        }

        _block = null;
        _start = 0;
        _end = 0;
    }
}
