using ActorTunnel.Proxy.Connections;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Sessions;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>What the tunnels of one accepted session share.</summary>
/// <param name="Node">The node.</param>
/// <param name="Listener">That accepted the session.</param>
/// <param name="Routes">The listener's, ready for look-ups.</param>
/// <param name="Client">Who dialled, and whom.</param>
/// <param name="Session">Commands to the session.</param>
/// <param name="Dials">The session's share of dials.</param>
internal sealed record ServerTunnelContext(
    NodeContext Node,
    ConnectListenerSettings Listener,
    RouteTable Routes,
    PreludeResult.Known Client,
    SessionHandle Session,
    DialSlots Dials);
