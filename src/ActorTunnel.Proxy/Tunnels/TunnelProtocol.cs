using System.Net;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>Messages between an encapsulator's connection and the tunnel that carries it.</summary>
internal static class TunnelProtocol
{
    /// <summary>Carry this connection. The connection stays the requester's until <see cref="TunnelBegun"/> or <see cref="TunnelEstablished"/>.</summary>
    /// <param name="Requester">Gets the answers.</param>
    /// <param name="Connection">The application's.</param>
    /// <param name="Client">The application's address: that of the connection, or of its PROXY header; null where the connection was gone before it could be asked.</param>
    /// <param name="Fields">The CONNECT.</param>
    /// <param name="Settings">Timeouts of the application's side.</param>
    /// <param name="Greeting">Sent to the application in front of the tunnel's bytes, once there is a tunnel.</param>
    /// <param name="Attempts">What was tried so far.</param>
    public sealed record OpenTunnel(
        IActorRef Requester,
        TcpConnection Connection,
        IPAddress? Client,
        IReadOnlyList<HeaderField> Fields,
        TunnelSettings Settings,
        ReadOnlyMemory<byte> Greeting,
        TunnelAttempts Attempts) : INoSerializationVerificationNeeded
    {
        /// <summary>When it stops waiting for a session or for another try, on the pool's clock. The pool sets it for each attempt.</summary>
        public TimeSpan? Deadline { get; init; }

        /// <summary>With early data: the wait for the application's first byte, one for all attempts. Null: nothing is sent before the answer.</summary>
        public FirstByte? FirstByte { get; init; }
    }

    /// <summary>Which way a tunnel goes, or went when it failed.</summary>
    /// <param name="Endpoint">The terminator.</param>
    /// <param name="Session">The session's path.</param>
    /// <param name="StreamId">The stream's id.</param>
    public sealed record TunnelRoute(EndpointAddress Endpoint, string Session, int StreamId);

    /// <summary>With early data, and at most once for a connection: the relay runs and owns the connection, and sends; the answer is still awaited.</summary>
    public sealed record TunnelBegun(IActorRef Tunnel);

    /// <summary>A 2xx came; the relay runs and owns the connection.</summary>
    public sealed record TunnelEstablished(IActorRef Tunnel, TunnelRoute Route, int Status, RelayProgress Progress)
        : INoSerializationVerificationNeeded;

    /// <summary>
    /// There is no tunnel. The connection is still the requester's and no byte of it was read, unless <see cref="TunnelBegun"/> came before: then the relay has reset it.
    /// </summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">More; may come from a peer.</param>
    /// <param name="Side">Whose fault it is.</param>
    /// <param name="Route">How far it came, or null.</param>
    /// <param name="Status">The terminator's answer, or null.</param>
    public sealed record TunnelFailed(ConnectFailureReason Reason, string Detail, GuiltySide Side, TunnelRoute? Route, int? Status)
    {
        /// <summary>Bytes of the application that went to the session all the same.</summary>
        public long BytesSent { get; init; }

        /// <summary>It is nobody's failure: the application reset its connection.</summary>
        public bool ApplicationLeft => Reason == ConnectFailureReason.Abandoned && Side == GuiltySide.Downstream;

        /// <summary>The application reset its connection.</summary>
        public static TunnelFailed OfApplication(TunnelRoute? route) =>
            new(ConnectFailureReason.Abandoned, "the application left before the answer", GuiltySide.Downstream, route, null);
    }

    /// <summary>An established tunnel is over.</summary>
    /// <param name="Result">What its relay did; default where the tunnel's actor stopped before that was known.</param>
    public sealed record TunnelClosed(RelayResult Result);

    /// <summary>Reset the tunnel, whose relay runs: the drain is at its deadline.</summary>
    public sealed record AbortTunnel
    {
        public static readonly AbortTunnel Instance = new();
    }
}
