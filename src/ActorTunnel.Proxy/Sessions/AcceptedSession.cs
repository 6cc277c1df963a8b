using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Connections;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Http1;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Sockets;
using ActorTunnel.Transport.Tls;
using Akka.Actor;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>A connection whose protocol is known, with what is known of its client.</summary>
/// <param name="Connection">Owned by the session's stages once they run.</param>
/// <param name="Client">Who dialled, and whom.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Began">Timestamp from which its handshake counts.</param>
internal sealed record AcceptedSession(TcpConnection Connection, PreludeResult.Known Client, ClientProtocol Protocol, long Began)
{
    /// <summary>Session ↔ TLS ↔ socket, for either protocol, beside the session's actor.</summary>
    public SessionHandle Start(ConnectListenerSettings listener, ListenerTls? tls, NodeContext node, IActorContext actor)
    {
        var pool = node.Environment.Pool;
        var session = actor.Self;
        var graph = Protocol == ClientProtocol.Http2
            ? SessionStack.Compose(
                new SessionStage(
                    SessionRole.Server,
                    listener.Http2.ToSessionSettings(node.Settings.Limits),
                    listener.Http2.ToSessionTimeouts(),
                    pool,
                    session,
                    node.Time),
                tls is null ? null : TlsStage.Server(tls.Http2, pool, info => session.Tell(info)),
                Connection.ToFlow(pool, node.Time, new TcpConnectionOptions { ResetUnlessClean = false }))
            : SessionStack.Compose(
                new Http1TunnelStage(listener.Tunnel.HalfClosedIdleTimeout, pool, session, node.Time),
                tls is null ? null : TlsStage.Http11Server(tls.Http11, pool, info => session.Tell(info)),
                Connection.ToFlow(pool, node.Time, TunnelRelay.OptionsOf(listener.Tunnel)));
        return EventLoops.On(actor.Props.Dispatcher, graph).Run(node.Materializer);
    }
}
