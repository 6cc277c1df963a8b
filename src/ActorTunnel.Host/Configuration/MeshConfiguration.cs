using ActorTunnel.Mesh;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>How a node takes part in the mesh, and where it takes tunnels there.</summary>
/// <param name="Settings">Its part.</param>
/// <param name="TunnelListener">The listener that takes tunnels; null: the node is no terminator.</param>
/// <param name="TunnelAdvertise">What encapsulators dial; null: where the listener is bound. Port 0: the bound port.</param>
internal sealed record MeshConfiguration(MeshSettings Settings, string? TunnelListener, EndpointAddress? TunnelAdvertise);
