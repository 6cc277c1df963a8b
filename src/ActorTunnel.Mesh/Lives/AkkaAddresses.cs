using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Akka's addresses and ours.</summary>
internal static class AkkaAddresses
{
    /// <summary>Where the system with <paramref name="address"/> is dialled; null for a local one.</summary>
    public static EndpointAddress? ToEndpoint(this Address address) =>
        address is { Host: { } host, Port: { } port } ? new EndpointAddress(host.Trim('[', ']'), port) : null;

    /// <summary>The address of the system at <paramref name="endpoint"/> that could be a member together with <paramref name="self"/>.</summary>
    public static Address At(this Address self, EndpointAddress endpoint) =>
        new(self.Protocol, self.System, endpoint.Host.Contains(':', StringComparison.Ordinal) ? $"[{endpoint.Host}]" : endpoint.Host, endpoint.Port);

    /// <summary>Whether the node is a member now, of whatever status.</summary>
    public static bool IsMember(this Cluster cluster) => cluster.State.Members.Any(member => member.UniqueAddress == cluster.SelfUniqueAddress);
}
