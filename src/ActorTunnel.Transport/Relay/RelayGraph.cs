using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Sockets;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Implementation.Fusing;

namespace ActorTunnel.Transport.Relay;

/// <summary>
/// The graph of each tunnel: socket ↔ relay. It is built and fused once; what differs from tunnel to tunnel comes as attributes when it is run, which makes a run cost half of
/// what it costs to build one.
/// </summary>
public static class RelayGraph
{
    private static readonly IGraph<ClosedShape, RelayControl> Fused = Fusing.Aggressive(
        Flow.FromGraph(new TcpConnectionStage()).JoinMaterialized(Flow.FromGraph(new RelayStage()), Keep.Right));

    /// <summary>Joins a connection with a tunnel's pipes. The graph owns the connection from now on.</summary>
    /// <param name="connection">As for <see cref="TcpConnection.ToFlow"/>.</param>
    /// <param name="pool">Where blocks for reading come from.</param>
    /// <param name="relay">Of the tunnel.</param>
    /// <param name="materializer">Of the actor system that it runs in.</param>
    public static RelayControl Run(TcpConnection connection, BufferPool pool, RelayParts relay, IMaterializer materializer) =>
        materializer.Materialize(Fused, new Attributes(connection.ToParts(pool, relay.Time), relay));
}
