using System.Net;
using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Loops;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// An accepted or dialled TCP connection before its stage runs. Its owner either makes a flow of it, which owns it from then on, or resets it, or answers and closes it.
/// Before that heads may be read from it, one after the other, and short texts written to it.
/// </summary>
public sealed class TcpConnection
{
    private readonly Socket _socket;
    private readonly TcpConnectionOptions _options;
    private readonly HeadSocket _head;
    private volatile bool _isOver;
    private readonly Lock _gate = new();
    private bool _isFlow;
    private bool _wasReset;

    /// <param name="socket">Connected.</param>
    /// <param name="options">Of the socket.</param>
    /// <param name="loops">One of them waits for heads; null: .NET does.</param>
    /// <param name="areApplied">Whether the socket has the options already.</param>
    internal TcpConnection(Socket socket, TcpConnectionOptions options, EventLoops? loops = null, bool areApplied = false)
    {
        _socket = socket;
        _options = options;
        _head = new HeadSocket(socket, loops?.Any);
        // From the first moment: a process that is killed between accept and tunnel must not end anything cleanly.
        if (!areApplied)
        {
            options.ApplyTo(socket);
        }

        Local = EndPointOf(static s => s.LocalEndPoint);
        Remote = EndPointOf(static s => s.RemoteEndPoint);
    }

    /// <summary>Our end; null where the peer was gone before it could be asked.</summary>
    public IPEndPoint? Local { get; }

    /// <summary>The peer's end; null where the peer was gone before it could be asked.</summary>
    public IPEndPoint? Remote { get; }

    /// <summary>Whether its owner ended it, before any flow was made of it.</summary>
    public bool IsOver => _isOver;

    /// <summary>
    /// Whether the peer has reset it without having ended it before, as far as the kernel tells without a read. Always false where the system is not Linux, for a connection that
    /// <see cref="IsOver"/>, and for one that is a flow, which alone asks from then on: the kernel reports an error once.
    /// </summary>
    public bool WasReset
    {
        get
        {
            lock (_gate)
            {
                return !_isFlow && (_wasReset = TcpState.Read(_socket).IsClosed && TcpState.WasResetBeforeItsEnd(_socket));
            }
        }
    }

    /// <summary>Where the client wanted to go before the kernel sent it to us.</summary>
    public OriginalDestination OriginalDestination(Interception interception) =>
        Sockets.OriginalDestination.Read(_socket, interception, Local);

    /// <summary>
    /// Waits for a head and parses it. What came behind it, or all of it where nothing was consumed, is what the next head or the flow begins with; it lies in one
    /// pooled block that is given back when the connection is reset instead. While nothing has come, no block is held.
    /// Never throws for what a peer can do. One call at a time.
    /// </summary>
    /// <param name="parser">Of the head.</param>
    /// <param name="limits">In bytes and time.</param>
    /// <param name="pool">Where the block comes from.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <param name="cancellation">Ends the wait with <see cref="HeadResult{T}.Ended"/>, as a <see cref="Reset"/> does.</param>
    public Task<HeadResult<T>> ReadHeadAsync<T>(
        HeadParser<T> parser, HeadLimits limits, BufferPool pool, TimeProvider time, CancellationToken cancellation = default)
        where T : notnull => _head.ReadAsync(parser, limits, pool, time, cancellation);

    /// <summary>Waits until there is something to read, without reading it: one call at a time, as for a head. What was read behind the heads counts.</summary>
    public FirstByte AwaitFirstByte() => new(async cancellation =>
    {
        var result = await _head.AwaitFirstByteAsync(cancellation).ConfigureAwait(false);
        return result == FirstByteResult.Readable && WasReset ? FirstByteResult.Broken : result;
    });

    /// <summary>
    /// Writes all of a short text in front of what the flow will write. On anything but <see cref="SocketError.Success"/> the connection can only be reset.
    /// </summary>
    public Task<SocketError> WriteAsync(
        ReadOnlyMemory<byte> bytes, TimeSpan timeout, TimeProvider time, CancellationToken cancellation = default) =>
        _head.WriteAsync(bytes, timeout, time, cancellation);

    /// <summary>
    /// Writes an answer that ends the connection: after our FIN the peer's bytes are thrown away up to its FIN, then the connection is closed. Where that does not
    /// happen in <paramref name="timeout"/>, it is reset. The connection is over in any case.
    /// </summary>
    /// <returns>Success where both ends saw a FIN.</returns>
    public async Task<SocketError> AnswerAndCloseAsync(
        ReadOnlyMemory<byte> answer, TimeSpan timeout, BufferPool pool, TimeProvider time, CancellationToken cancellation = default)
    {
        var error = await _head.AnswerAndShutdownAsync(answer, timeout, pool, time, cancellation).ConfigureAwait(false);
        if (error != SocketError.Success)
        {
            Reset();
            return error;
        }

        Close(new LingerOption(false, 0));
        return error;
    }

    /// <summary>
    /// The connection as a flow, to be run once: the stage owns the socket from now on, and emits first what was read behind the heads. Not for a connection whose
    /// reading or writing broke: the kernel has said so once, and the flow would see a clean end.
    /// </summary>
    /// <param name="pool">Where blocks for reading come from.</param>
    /// <param name="time">The clock of the wait for delivery.</param>
    /// <param name="options">What the socket is set up with from now on; null: as before.</param>
    public IGraph<FlowShape<SliceQueue, SliceQueue>, NotUsed> ToFlow(BufferPool pool, TimeProvider time, TcpConnectionOptions? options = null) =>
        Flow.FromGraph(new TcpConnectionStage(ToParts(pool, time, options)));

    /// <summary>The same for a graph that is built already.</summary>
    /// <inheritdoc cref="ToFlow"/>
    internal TcpConnectionParts ToParts(BufferPool pool, TimeProvider time, TcpConnectionOptions? options = null)
    {
        if (_head.Fault != SocketError.Success)
        {
            throw new InvalidOperationException($"The connection broke ({_head.Fault}); it can only be reset.");
        }

        lock (_gate)
        {
            _isFlow = true; // From here on nobody else asks.
        }

        if (_wasReset)
        {
            Reset(); // Reads would return a clean end now; a closed socket fails them.
        }

        return new TcpConnectionParts(_socket, pool, options ?? _options, time, _head.TakeEarly(), AreApplied: options is null);
    }

    /// <summary>Ends it with a TCP reset, also while a head is read. Does nothing when it has ended.</summary>
    public void Reset() => Close(new LingerOption(true, 0));

    private void Close(LingerOption linger)
    {
        _isOver = true;
        try
        {
            _socket.LingerState = linger;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster, or it was ended before.
        }

        _head.Close();
        _socket.Dispose();
    }

    private IPEndPoint? EndPointOf(Func<Socket, EndPoint?> read)
    {
        try
        {
            return read(_socket) as IPEndPoint;
        }
        catch (SocketException)
        {
            // Reset by the peer already; the stage will say so.
            return null;
        }
    }
}
