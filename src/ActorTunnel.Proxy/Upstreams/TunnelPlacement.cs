using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// Which endpoint a request is for: the policy picks among those of the first tier that has any. It keeps the policy's turn, and nothing of the endpoints.
/// <para>
/// No tier has an endpoint that drains, is in backoff, or was tried for the request since it rested. Where no tier has any, a request that was not tried yet waits for
/// the endpoint whose backoff is over first, if that is worth waiting for.
/// </para>
/// </summary>
internal sealed class TunnelPlacement
{
    private readonly UpstreamSettings _settings;
    private readonly EndpointPicker _picker;

    /// <summary>The best first; each has what it says, whether or not a tier before it has it too.</summary>
    private readonly ImmutableArray<Func<EndpointSessions, bool>> _tiers;

    public TunnelPlacement(UpstreamSettings settings, Random random)
    {
        _settings = settings;
        _picker = EndpointPicker.For(settings.LoadBalancing, random);
        _tiers =
        [
            endpoint => endpoint.IsWell && (settings.Zone is null || endpoint.Zone == settings.Zone),
            endpoint => endpoint.IsWell,
            endpoint => !endpoint.IsAbsent, // Its last session failed. It is dialled again, and may hang.
            _ => true, // The mesh has lost it; it may be the mesh that is lost.
        ];
    }

    /// <summary>The endpoint; null where there is none to use now, nor to wait for.</summary>
    /// <param name="endpoints">May be empty.</param>
    /// <param name="request">What is to be placed.</param>
    /// <param name="now">The moment.</param>
    public EndpointSessions? Choose(ImmutableArray<EndpointSessions> endpoints, TunnelProtocol.OpenTunnel request, TimeSpan now)
    {
        var tried = request.Attempts.Endpoints;
        foreach (var tier in _tiers)
        {
            if (TryPick(endpoints, endpoint => endpoint.IsUsable(now) && !tried.Contains(endpoint.Address) && tier(endpoint), request.Client, out var index))
            {
                return endpoints[index];
            }
        }

        var next = tried.IsEmpty ? endpoints.Where(endpoint => !endpoint.IsDraining).MinBy(endpoint => endpoint.BackoffLeft(now)) : null;
        return next?.BackoffLeft(now) <= _settings.ConnectTimeout ? next : null;
    }

    private bool TryPick(ImmutableArray<EndpointSessions> endpoints, Func<EndpointSessions, bool> isCandidate, IPAddress? client, out int index)
    {
        var loads = new EndpointLoad[endpoints.Length];
        for (var i = 0; i < loads.Length; i++)
        {
            loads[i] = isCandidate(endpoints[i]) ? new EndpointLoad(IsCandidate: true, endpoints[i].Load, endpoints[i].Identity) : default;
        }

        return _picker.TryPick(loads, client, out index);
    }
}
