using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>What an upstream of either kind answers when it is asked for its status.</summary>
internal static class UpstreamReport
{
    /// <param name="settings">Of the upstream.</param>
    /// <param name="unplaced">Tunnels that are at no endpoint.</param>
    /// <param name="endpoints">All, removed ones behind the others.</param>
    /// <param name="dns">Who looks up its names, and is to be asked about them; null where nobody does.</param>
    public static StatusProtocol.StatusReply Of(
        UpstreamSettings settings, int unplaced, IEnumerable<EndpointStatus> endpoints, IActorRef? dns)
    {
        var status = new UpstreamStatus(settings.Name, settings.Protocol, settings.Type, settings.LoadBalancing, unplaced, [.. endpoints]);
        return new StatusProtocol.StatusReply(status, dns is null ? [] : [dns], AreItems: false, Total: 0);
    }
}
