using System.Threading.Tasks.Sources;
using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Transport.Tls;

/// <summary>
/// What <see cref="System.Net.Security.SslStream"/> takes for its network: reads come from the ciphertext that the stage was pushed, writes are gathered in blocks
/// that the stage pushes on. Only the stage's thread uses it; a read that has to wait completes inside <see cref="Feed"/>.
/// </summary>
internal sealed class TlsRecordStream : Stream, IValueTaskSource<int>
{
    private readonly BufferPool _pool;
    private readonly SliceQueue _received = new();
    private readonly SliceQueue _toSend = new();
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _readInto;
    private bool _readWaits;
    private bool _ended;
    private Block? _writeBlock;
    private int _writeLength;

    public TlsRecordStream(BufferPool pool)
    {
        _pool = pool;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether ciphertext waits to be sent.</summary>
    public bool HasOutput => !_toSend.IsEmpty || _writeLength > 0;

    /// <summary>Whether all ciphertext that was fed has been read.</summary>
    public bool IsDrained => _received.IsEmpty;

    /// <summary>Whether a reader was told that the network had ended. Whoever saw an end without that was told it by a record.</summary>
    public bool EndWasRead { get; private set; }

    /// <summary>Adds ciphertext from the network, and completes a waiting read with it.</summary>
    public void Feed(SliceQueue ciphertext)
    {
        ciphertext.MoveTo(_received);
        CompleteRead();
    }

    /// <summary>The network ended: reads return 0 once what was fed is used up.</summary>
    public void EndInput()
    {
        _ended = true;
        CompleteRead();
    }

    /// <summary>Moves the gathered ciphertext out.</summary>
    public void TakeOutput(SliceQueue into)
    {
        FlushWriteBlock();
        _toSend.MoveTo(into);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || !_received.IsEmpty)
        {
            return new ValueTask<int>(Copy(buffer));
        }

        _read.Reset();
        _readInto = buffer;
        _readWaits = true;
        return new ValueTask<int>(this, _read.Version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            _writeBlock ??= _pool.Rent();
            var room = _writeBlock.Size - _writeLength;
            var count = Math.Min(room, buffer.Length);
            buffer[..count].CopyTo(_writeBlock.Array.AsSpan(_writeLength));
            _writeLength += count;
            buffer = buffer[count..];
            if (count == room)
            {
                FlushWriteBlock();
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // The stage takes the output itself.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    /// <summary>Gives back what is held, and ends a waiting read so that nobody waits for ever.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _received.Dispose();
            _toSend.Dispose();
            _writeBlock?.Release();
            _writeBlock = null;
            _writeLength = 0;
            EndInput();
        }

        base.Dispose(disposing);
    }

    private void CompleteRead()
    {
        if (_readWaits && (_ended || !_received.IsEmpty))
        {
            _readWaits = false;
            var into = _readInto;
            _readInto = default;
            _read.SetResult(Copy(into));
        }
    }

    private int Copy(Memory<byte> into)
    {
        EndWasRead |= _ended && _received.IsEmpty && into.Length > 0;
        var total = 0;
        while (into.Length > 0 && _received.TryDequeue(into.Length, out var slice))
        {
            slice.Span.CopyTo(into.Span);
            into = into[slice.Length..];
            total += slice.Length;
            slice.Dispose();
        }

        return total;
    }

    /// <summary>Hands the write block on, half full as it may be: an idle connection keeps none.</summary>
    private void FlushWriteBlock()
    {
        if (_writeBlock is null || _writeLength == 0)
        {
            return;
        }

        _toSend.Enqueue(_writeBlock.AsSlice(0, _writeLength));
        _writeBlock = null; // The slice took our reference over.
        _writeLength = 0;
    }
}
