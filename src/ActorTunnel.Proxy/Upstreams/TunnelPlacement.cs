using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>Which endpoint a request is for. It keeps the picker's turn, and nothing of the endpoints.</summary>
internal sealed class TunnelPlacement
{
    private readonly UpstreamSettings _settings;
    private readonly EndpointPicker _picker;

    public TunnelPlacement(UpstreamSettings settings)
    {
        _settings = settings;
        _picker = EndpointPicker.For(settings.LoadBalancing);
    }

    /// <summary>
    /// 1. One that is well and has not refused the request, 2. one that is dialled again and may hang, 3. the one whose backoff is over first, also where it has refused, if that is worth
    /// waiting for; else none.
    /// </summary>
    /// <param name="endpoints">At least one.</param>
    /// <param name="request">What is to be placed.</param>
    /// <param name="now">The moment.</param>
    public EndpointSessions? Choose(ImmutableArray<EndpointSessions> endpoints, TunnelProtocol.OpenTunnel request, TimeSpan now)
    {
        if (TryPick(endpoints, endpoint => endpoint.IsInBackoff(now) || endpoint.IsDoubtful || endpoint.IsAmong(request.Tried), out var index)
            || TryPick(endpoints, endpoint => endpoint.IsInBackoff(now) || endpoint.IsAmong(request.Tried), out index))
        {
            return endpoints[index];
        }

        var next = endpoints.MinBy(endpoint => endpoint.BackoffLeft(now))!;
        return next.BackoffLeft(now) <= _settings.ConnectTimeout ? next : null;
    }

    private bool TryPick(ImmutableArray<EndpointSessions> endpoints, Func<EndpointSessions, bool> isEjected, out int index)
    {
        var loads = endpoints.Select(endpoint => new EndpointLoad(isEjected(endpoint), endpoint.Load)).ToImmutableArray();
        return _picker.TryPick(loads.AsSpan(), out index);
    }
}
