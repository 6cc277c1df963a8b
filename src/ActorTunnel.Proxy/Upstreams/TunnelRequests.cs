using System.Collections.Immutable;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// The requests of an upstream that have no session yet: each is given to one, waits at an endpoint, waits for endpoints, or is refused; at the latest at its deadline,
/// however often it came back. Only the pool's actor uses it.
/// </summary>
internal sealed class TunnelRequests
{
    /// <summary>More requests waiting for one endpoint than this are refused: whoever waits holds a connection.</summary>
    private const int MaxWaiting = 10_000;

    private readonly UpstreamSettings _settings;
    private readonly ProxyMeters _meters;
    private readonly Func<TimeSpan> _now;
    private readonly Action<EndpointSessions> _dial;
    private readonly Action _resolve;
    private readonly TunnelPlacement _placement;
    private readonly List<TunnelProtocol.OpenTunnel> _unplaced = [];
    private bool _isStopped;

    /// <param name="settings">The upstream's.</param>
    /// <param name="meters">Counts limits.</param>
    /// <param name="now">The pool's clock.</param>
    /// <param name="dial">Adds a session to an endpoint; it is not ready yet.</param>
    /// <param name="resolve">Asks for endpoints, where there are none.</param>
    public TunnelRequests(UpstreamSettings settings, ProxyMeters meters, Func<TimeSpan> now, Action<EndpointSessions> dial, Action resolve)
    {
        _settings = settings;
        _meters = meters;
        _now = now;
        _dial = dial;
        _resolve = resolve;
        _placement = new TunnelPlacement(settings);
    }

    public ImmutableArray<EndpointSessions> Endpoints { get; private set; } = [];

    /// <summary>How many wait for endpoints.</summary>
    public int Unplaced => _unplaced.Count;

    /// <summary>Takes a new list; who waited at an endpoint that is gone goes to another.</summary>
    public void Use(ImmutableArray<EndpointSessions> endpoints)
    {
        var moving = new List<TunnelProtocol.OpenTunnel>(_unplaced);
        _unplaced.Clear();
        foreach (var gone in Endpoints.Except(endpoints))
        {
            moving.AddRange(gone.Waiting);
            gone.Waiting.Clear();
        }

        Endpoints = endpoints;
        moving.ForEach(Place);
    }

    /// <summary>1. picks the endpoint, 2. a session of it with room, 3. else opens one or lets the request wait for one.</summary>
    public void Place(TunnelProtocol.OpenTunnel request)
    {
        var now = _now();
        request = request.Deadline is null ? request with { Deadline = now + _settings.ConnectTimeout + _settings.Http2.HandshakeTimeout } : request;
        if (_isStopped)
        {
            Refuse(request, ConnectFailure.Draining, "the node is stopping"); // Its sessions are retired, and no other is dialled.
        }
        else if (request.Deadline <= now)
        {
            RefuseLate(request);
        }
        else if (Endpoints.IsEmpty)
        {
            // The first answer decides; it comes within dns-timeout, good or bad.
            _unplaced.Add(request);
            _resolve();
        }
        else if (_placement.Choose(Endpoints, request, now) is { } endpoint)
        {
            PlaceOn(endpoint, request, now);
        }
        else
        {
            Refuse(request, ConnectFailure.NoHealthyEndpoint, "every endpoint is in backoff");
        }
    }

    /// <summary>Gives waiting requests to sessions with room, in order, and opens another session where that is not enough.</summary>
    public void Serve(EndpointSessions endpoint)
    {
        GiveWaiting(endpoint);
        if (endpoint.Waiting.Count > 0 && !_isStopped && endpoint.MayGrow(_now()))
        {
            _dial(endpoint);
            GiveWaiting(endpoint); // While that one shakes hands the others may be filled.
        }
    }

    /// <summary>Requests that waited for a session that cannot be had now go to another endpoint, or wait for the next dial.</summary>
    /// <param name="failed">In backoff.</param>
    /// <param name="refusal">Where the endpoint cannot be had at all: what they hear when there is no other.</param>
    public void Move(EndpointSessions failed, ClientSessionProtocol.SessionOver? refusal)
    {
        GiveWaiting(failed);
        if (failed.IsDialing)
        {
            return;
        }

        var waiting = failed.Waiting.ToList();
        failed.Waiting.Clear();
        foreach (var request in waiting)
        {
            if (refusal is null || Endpoints.Any(endpoint => !endpoint.IsInBackoff(_now())))
            {
                Place(request);
            }
            else
            {
                Refuse(request, refusal.Failure, refusal.Detail);
            }
        }
    }

    /// <summary>Drops those whose application left, and refuses those that are past their deadline.</summary>
    public void GiveUpOnLate()
    {
        var now = _now();
        foreach (var endpoint in Endpoints)
        {
            for (var node = endpoint.Waiting.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Connection.IsOver)
                {
                    endpoint.Waiting.Remove(node);
                }
                else if (node.Value.Deadline <= now)
                {
                    endpoint.Waiting.Remove(node);
                    RefuseLate(node.Value);
                }

                node = next;
            }
        }
    }

    /// <summary>There are no endpoints to be had.</summary>
    public void RefuseUnplaced(ConnectFailure failure) => RefuseAll(_unplaced, failure, failure.Detail);

    /// <summary>Refuses every one from now on.</summary>
    public void Stop()
    {
        _isStopped = true;
        RefuseAll(_unplaced, ConnectFailure.Draining, "the node is stopping");
        foreach (var endpoint in Endpoints)
        {
            RefuseAll(endpoint.Waiting, ConnectFailure.Draining, "the node is stopping");
        }
    }

    private void PlaceOn(EndpointSessions endpoint, TunnelProtocol.OpenTunnel request, TimeSpan now)
    {
        if (endpoint.Waiting.Count == 0 && endpoint.Pick(request.Tried, now) is { } session)
        {
            Give(session, request);
        }
        else if (endpoint.HasRefused(request.Tried))
        {
            Refuse(request, ConnectFailure.NoHealthyEndpoint, "every session refused the tunnel");
        }
        else if (endpoint.Waiting.Count >= MaxWaiting)
        {
            _meters.LimitHit("waiting-tunnels");
            Refuse(request, ConnectFailure.Overloaded("too many tunnels wait for a session"), "too many tunnels wait for a session");
        }
        else
        {
            endpoint.Waiting.AddLast(request);
            Serve(endpoint);
        }
    }

    private void GiveWaiting(EndpointSessions endpoint)
    {
        var now = _now();
        for (var node = endpoint.Waiting.First; node is not null;)
        {
            var next = node.Next;
            if (endpoint.Pick(node.Value.Tried, now) is { } session)
            {
                endpoint.Waiting.Remove(node);
                Give(session, node.Value);
            }
            else if (node.Value.Tried.Count == 0)
            {
                break; // No room for this one means none for those behind it.
            }

            node = next;
        }
    }

    private static void Give(PooledSession session, TunnelProtocol.OpenTunnel request)
    {
        if (request.Connection.IsOver)
        {
            return; // Its application left while it waited.
        }

        session.Tunnels++;
        session.Actor.Tell(request);
    }

    private static void RefuseAll(ICollection<TunnelProtocol.OpenTunnel> requests, ConnectFailure failure, string detail)
    {
        foreach (var request in requests)
        {
            Refuse(request, failure, detail);
        }

        requests.Clear();
    }

    private static void RefuseLate(TunnelProtocol.OpenTunnel request) =>
        Refuse(request, ConnectFailure.NoHealthyEndpoint, "no session had room in time");

    private static void Refuse(TunnelProtocol.OpenTunnel request, ConnectFailure failure, string detail) =>
        request.Requester.Tell(new TunnelProtocol.TunnelFailed(failure.Reason, detail, failure.Side, null, null));
}
