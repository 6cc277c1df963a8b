using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>The endpoints of an upstream, wherever their list comes from. Who stays in the list keeps its sessions and its backoff.</summary>
internal sealed class EndpointList(UpstreamSettings settings)
{
    /// <summary>Whether there ever was a list; before, tunnels wait for it.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>In the order of the list.</summary>
    public ImmutableArray<EndpointSessions> Current { get; private set; } = [];

    /// <summary>Takes a new list, and returns those that are not in it any more. One that the mesh has lost and forgets stays while it has a session, behind the others.</summary>
    public ImmutableArray<EndpointSessions> Replace(ImmutableArray<ResolvedEndpoint> endpoints)
    {
        var before = Current;
        var known = before.DistinctBy(endpoint => endpoint.Address).ToDictionary(endpoint => endpoint.Address);
        IsKnown = true;
        ImmutableArray<EndpointSessions> listed =
            [.. endpoints.Select(endpoint => known.GetValueOrDefault(endpoint.Address)?.Use(endpoint) ?? new EndpointSessions(endpoint, settings))];
        Current = [.. listed, .. before.Except(listed).Where(endpoint => endpoint.OutlivesTheMesh)];
        return [.. before.Except(Current)];
    }

    /// <param name="now">The moment.</param>
    /// <param name="withSessions">Endpoints with sessions, those of the list among them or not.</param>
    public ImmutableArray<EndpointStatus> ToStatus(TimeSpan now, IEnumerable<EndpointSessions> withSessions) =>
    [
        .. Current.Select(endpoint => endpoint.ToStatus(now)),
        .. withSessions.Distinct().Except(Current).Select(endpoint => endpoint.ToStatus(now, isRemoved: true)),
    ];
}
