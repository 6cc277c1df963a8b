using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Sockets;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Implementation.Fusing;

namespace ActorTunnel.Transport.Relay;

/// <summary>
/// The graph of a tunnel, to be run once: socket ↔ relay. It is built and fused once for all tunnels; what differs from tunnel to tunnel comes as attributes when it is run, which makes a
/// run cost half of what it costs to build one.
/// </summary>
public sealed class RelayGraph
{
    private static readonly IGraph<ClosedShape, NotUsed> Fused = Fusing.Aggressive(
        Flow.FromGraph(new TcpConnectionStage()).Join(Flow.FromGraph(new RelayStage())));

    private readonly Attributes _parts;
    private readonly IMaterializer _own;

    /// <summary>Joins a connection with a tunnel's pipes. The graph owns the connection from now on, and has to be run.</summary>
    /// <param name="connection">As for <see cref="TcpConnection.ToFlow"/>.</param>
    /// <param name="pool">Where blocks for reading come from.</param>
    /// <param name="relay">Of the tunnel.</param>
    /// <param name="own">Gives the graph an actor of its own, where it cannot run in its session's.</param>
    /// <param name="dispatcher">Of that actor.</param>
    public RelayGraph(TcpConnection connection, BufferPool pool, RelayParts relay, IMaterializer own, string dispatcher)
    {
        _parts = new Attributes(connection.ToParts(pool, relay.Time), relay, new ActorAttributes.Dispatcher(dispatcher));
        _own = own;
    }

    /// <summary>Runs it in an actor of its own.</summary>
    public void Run() => Run(_own);

    /// <summary>Runs it where the materializer runs graphs.</summary>
    internal void Run(IMaterializer materializer) => materializer.Materialize(Fused, _parts);
}
