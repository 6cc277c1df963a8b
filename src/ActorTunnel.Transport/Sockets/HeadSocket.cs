using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// Reads and writes a connection before its stage runs, one operation at a time. A head lies in one block that is rented when its first bytes are there, so a silent
/// peer costs none.
/// </summary>
internal sealed class HeadSocket
{
    /// <summary>What an answered peer may still send before we stop listening (RFC 9112 §9.6).</summary>
    private const int MaxDiscarded = 256 * 1024;

    private readonly Socket _socket;
    private readonly EventLoop? _loop;
    private readonly EarlyBytes _early = new();
    private readonly Lock _gate = new();
    private volatile SocketError _fault;
    private LoopWait? _wait;
    private bool _isClosed;

    /// <param name="socket">The connection's.</param>
    /// <param name="loop">Waits until the socket can be read; null: .NET does, and watches the socket until it is closed.</param>
    public HeadSocket(Socket socket, EventLoop? loop)
    {
        _socket = socket;
        _loop = loop;
    }

    /// <summary>
    /// The first thing that broke the connection. The kernel reports a reset once: who reads on after it sees a clean end.
    /// </summary>
    public SocketError Fault => _fault;

    /// <inheritdoc cref="TcpConnection.ReadHeadAsync"/>
    public async Task<HeadResult<T>> ReadAsync<T>(
        HeadParser<T> parser, HeadLimits limits, BufferPool pool, TimeProvider time, CancellationToken cancellation)
        where T : notnull
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limits.MaxBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.MaxBytes, BufferPool.BlockSize - TcpConnectionStage.Headroom);
        using var deadline = new Deadline(limits.Timeout, time, cancellation);
        var early = _early.Take();
        try
        {
            while (true)
            {
                if (!early.IsEmpty && Parse(parser, limits.MaxBytes, ref early) is { } result)
                {
                    return result;
                }

                var error = await WaitReadableAsync(deadline).ConfigureAwait(false);
                if (error == SocketError.Success)
                {
                    error = Receive(pool, limits.MaxBytes, ref early, out var count);
                    if (error == SocketError.Success && count == 0)
                    {
                        return new HeadResult<T>.Ended(SocketError.Success);
                    }
                }

                if (error == SocketError.TimedOut && deadline.Passed)
                {
                    return new HeadResult<T>.TimedOut(early.Length);
                }

                if (error is not (SocketError.Success or SocketError.WouldBlock))
                {
                    return new HeadResult<T>.Ended(error);
                }
            }
        }
        finally
        {
            _early.Return(early);
        }
    }

    /// <summary>Waits until there is something to read, or was from the start.</summary>
    public async Task<FirstByteResult> AwaitFirstByteAsync(CancellationToken cancellation)
    {
        var early = _early.Take();
        var isThere = !early.IsEmpty;
        _early.Return(early);
        if (isThere)
        {
            return FirstByteResult.Readable;
        }

        if (_loop is not null)
        {
            return await WaitByLoopAsync(cancellation).ConfigureAwait(false) ? FirstByteResult.Readable : FirstByteResult.Stopped;
        }

        try
        {
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation).ConfigureAwait(false);
            return FirstByteResult.Readable;
        }
        catch (OperationCanceledException)
        {
            // Nothing was read.
            return FirstByteResult.Stopped;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer reset the connection, or our owner did.
            Broke(e);
            return FirstByteResult.Broken;
        }
    }

    /// <inheritdoc cref="TcpConnection.WriteAsync"/>
    public async Task<SocketError> WriteAsync(ReadOnlyMemory<byte> bytes, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        using var deadline = new Deadline(timeout, time, cancellation);
        return await WriteAsync(bytes, deadline).ConfigureAwait(false);
    }

    /// <inheritdoc cref="TcpConnection.AnswerAndCloseAsync"/>
    public async Task<SocketError> AnswerAndShutdownAsync(
        ReadOnlyMemory<byte> answer, TimeSpan timeout, BufferPool pool, TimeProvider time, CancellationToken cancellation)
    {
        using var deadline = new Deadline(timeout, time, cancellation);
        var error = await WriteAsync(answer, deadline).ConfigureAwait(false);
        if (error != SocketError.Success)
        {
            return error;
        }

        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer or our owner was faster.
            return Broke(e);
        }

        return await DiscardToEndAsync(pool, deadline).ConfigureAwait(false);
    }

    /// <summary>What was read too much, for the connection's stage; the caller owns it.</summary>
    public Slice TakeEarly() => _early.Take();

    /// <summary>Gives back what was read too much and ends a wait. The socket is the owner's to close.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _wait?.Cancel();
        }

        _early.Close();
    }

    private static HeadResult<T>? Parse<T>(HeadParser<T> parser, int maxBytes, ref Slice early)
        where T : notnull
    {
        var parse = parser(early.Span[..Math.Min(early.Length, maxBytes)]);
        switch (parse.Status)
        {
            case HeadStatus.Complete:
                early = early.Skip(parse.Consumed);
                if (early.IsEmpty)
                {
                    early.Dispose();
                    early = default;
                }

                return new HeadResult<T>.Complete(parse.Value!);
            case HeadStatus.Invalid:
                return new HeadResult<T>.Invalid(parse.Reason!);
            default:
                return early.Length >= maxBytes ? new HeadResult<T>.TooLarge() : null;
        }
    }

    /// <summary>Reads behind what is there, up to the limit. The block has one owner, so its bytes may be moved to make room.</summary>
    private SocketError Receive(BufferPool pool, int maxBytes, ref Slice early, out int count)
    {
        var length = early.Length;
        var block = early.Block ?? pool.Rent();
        var start = early.Block is null ? TcpConnectionStage.Headroom : early.Start;
        if (start + maxBytes > block.Size)
        {
            early.Span.CopyTo(block.Array.AsSpan(TcpConnectionStage.Headroom));
            start = TcpConnectionStage.Headroom;
        }

        SocketError error;
        try
        {
            count = _socket.Receive(block.Array.AsSpan(start + length, maxBytes - length), SocketFlags.None, out error);
        }
        catch (ObjectDisposedException e)
        {
            // Our owner reset the connection meanwhile.
            count = 0;
            error = Broke(e);
        }

        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            _fault = error;
        }

        count = error == SocketError.Success ? count : 0;
        if (length + count == 0)
        {
            block.Release();
            early = default;
        }
        else
        {
            early = block.AsSlice(start, length + count);
        }

        return error;
    }

    private async ValueTask<SocketError> WaitReadableAsync(Deadline deadline)
    {
        if (_loop is not null)
        {
            return await WaitByLoopAsync(deadline.Token).ConfigureAwait(false) ? SocketError.Success
                : deadline.Passed ? SocketError.TimedOut
                : deadline.Token.IsCancellationRequested ? SocketError.OperationAborted // Nothing was read.
                : _fault = SocketError.OperationAborted;
        }

        try
        {
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, deadline.Token).ConfigureAwait(false);
            return SocketError.Success;
        }
        catch (OperationCanceledException)
        {
            // Either the time was up or nobody waits any more; nothing was read.
            return deadline.Passed ? SocketError.TimedOut : SocketError.OperationAborted;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer reset the connection, or our owner did.
            return Broke(e);
        }
    }

    private async Task<bool> WaitByLoopAsync(CancellationToken cancellation)
    {
        LoopWait wait;
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            wait = _wait = LoopWait.Readable(_loop!, _socket.SafeHandle);
        }

        return await wait.ResultAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<SocketError> WriteAsync(ReadOnlyMemory<byte> bytes, Deadline deadline)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var sent = await _socket.SendAsync(bytes, SocketFlags.None, deadline.Token).ConfigureAwait(false);
                bytes = bytes[sent..];
            }

            return SocketError.Success;
        }
        catch (OperationCanceledException)
        {
            // What is half written cannot be continued by anybody else.
            _fault = deadline.Passed ? SocketError.TimedOut : SocketError.OperationAborted;
            return _fault;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer reset the connection, or our owner did.
            return Broke(e);
        }
    }

    /// <summary>Closing with bytes unread makes the kernel send a reset, which can destroy the answer before the peer has read it.</summary>
    private async Task<SocketError> DiscardToEndAsync(BufferPool pool, Deadline deadline)
    {
        for (var discarded = 0; discarded < MaxDiscarded;)
        {
            var error = await WaitReadableAsync(deadline).ConfigureAwait(false);
            if (error != SocketError.Success)
            {
                return error;
            }

            var none = Slice.Empty;
            error = Receive(pool, BufferPool.BlockSize - TcpConnectionStage.Headroom, ref none, out var count);
            none.Dispose();
            if (error != SocketError.WouldBlock && count == 0)
            {
                return error;
            }

            discarded += count;
        }

        return SocketError.MessageSize;
    }

    private SocketError Broke(Exception exception)
    {
        var error = exception is SocketException socket ? socket.SocketErrorCode : SocketError.OperationAborted;
        _fault = error;
        return error;
    }

    /// <summary>A timeout and a cancellation in one token, which stay apart.</summary>
    private sealed class Deadline : IDisposable
    {
        private readonly CancellationTokenSource _timeout;
        private readonly CancellationTokenSource _either;
        private readonly CancellationToken _cancellation;

        public Deadline(TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
        {
            _cancellation = cancellation;
            _timeout = new CancellationTokenSource(timeout, time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellation);
        }

        public CancellationToken Token => _either.Token;

        public bool Passed => _timeout.IsCancellationRequested && !_cancellation.IsCancellationRequested;

        public void Dispose()
        {
            _either.Dispose();
            _timeout.Dispose();
        }
    }
}
