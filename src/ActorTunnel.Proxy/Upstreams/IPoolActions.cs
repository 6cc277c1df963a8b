using ActorTunnel.Proxy.Tunnels;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>What <see cref="TunnelRequests"/> wants of its pool.</summary>
internal interface IPoolActions
{
    /// <summary>Since the pool's actor started.</summary>
    TimeSpan Now { get; }

    /// <summary>Adds a session to the endpoint; it is not ready yet.</summary>
    void Dial(EndpointSessions endpoint);

    /// <summary>Asks for endpoints, where there are none.</summary>
    void Resolve();

    /// <summary>Calls <see cref="TunnelRequests.Wake"/> after the time.</summary>
    void WakeIn(TunnelProtocol.OpenTunnel resting, TimeSpan wait);
}
