using System.Net;
using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// An accepted or dialled TCP connection before its stage runs. Its owner either makes a flow of it, which owns it from then on, or resets it.
/// </summary>
public sealed class TcpConnection
{
    private readonly Socket _socket;
    private readonly TcpConnectionOptions _options;

    internal TcpConnection(Socket socket, TcpConnectionOptions options)
    {
        _socket = socket;
        _options = options;
        // From the first moment: a process that is killed between accept and tunnel must not end anything cleanly.
        options.ApplyTo(socket);
        Local = EndPointOf(static s => s.LocalEndPoint);
        Remote = EndPointOf(static s => s.RemoteEndPoint);
    }

    /// <summary>Our end; null where the peer was gone before it could be asked.</summary>
    public IPEndPoint? Local { get; }

    /// <summary>The peer's end; null where the peer was gone before it could be asked.</summary>
    public IPEndPoint? Remote { get; }

    /// <summary>The connection as a flow, to be run once: the stage owns the socket from now on.</summary>
    public IGraph<FlowShape<SliceQueue, SliceQueue>, NotUsed> ToFlow(BufferPool pool, TimeProvider time) =>
        Flow.FromGraph(new TcpConnectionStage(_socket, pool, _options, time));

    /// <summary>Ends it with a TCP reset. Does nothing when it has ended.</summary>
    public void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster, or it was ended before.
        }

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
