using System.Collections.Immutable;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// The requests of an upstream that have no session: each is given to one, waits at an endpoint, waits for endpoints, rests, or is refused; at the latest at the
/// deadline of its attempt, however often it came back unasked. Only the pool's actor uses it.
/// <code>
///   new, or moved ──▶ unplaced (no list of endpoints yet) ──list──▶ at an endpoint ──room──▶ at a session ──2xx──▶ carried, gone from here
///                          ▲ not tried since it rested                                         │ refused, session lost
///                          └──────── resting ◀──every endpoint is tried── another endpoint? ◀──┘ and attempts are left
/// </code>
/// </summary>
internal sealed class TunnelRequests
{
    /// <summary>More requests waiting for one endpoint than this are refused: whoever waits holds a connection.</summary>
    private const int MaxWaiting = 10_000;

    private readonly UpstreamSettings _settings;
    private readonly NodeContext _node;
    private readonly EndpointList _endpoints;
    private readonly IPoolActions _pool;
    private readonly TunnelPlacement _placement;
    private readonly List<TunnelProtocol.OpenTunnel> _unplaced = [];
    private readonly HashSet<TunnelProtocol.OpenTunnel> _resting = new(ReferenceEqualityComparer.Instance);
    private bool _isStopped;

    public TunnelRequests(UpstreamSettings settings, NodeContext node, EndpointList endpoints, IPoolActions pool)
    {
        _settings = settings;
        _node = node;
        _endpoints = endpoints;
        _pool = pool;
        _placement = new TunnelPlacement(settings, node.Environment.Random);
    }

    /// <summary>How many are at no endpoint.</summary>
    public int Unplaced => _unplaced.Count + _resting.Count;

    /// <summary>
    /// There is a new list of endpoints: who waited for it, or at one that is gone or drains now, goes to another; so does who waited at one that is not well, for want of a
    /// better one, where there is a better one now.
    /// </summary>
    /// <param name="gone">Those that are not in it any more.</param>
    public void EndpointsChanged(IEnumerable<EndpointSessions> gone)
    {
        var moving = new List<TunnelProtocol.OpenTunnel>(_unplaced);
        _unplaced.Clear();
        var isOneWell = _endpoints.Current.Any(endpoint => endpoint.IsWell && endpoint.IsUsable(_pool.Now));
        foreach (var left in gone.Concat(_endpoints.Current.Where(endpoint => endpoint.IsDraining || (isOneWell && !endpoint.IsWell))))
        {
            moving.AddRange(left.Waiting);
            left.Waiting.Clear();
        }

        moving.ForEach(Place);
    }

    /// <summary>1. picks the endpoint, 2. a session of it with room, 3. else opens one or lets the request wait for one.</summary>
    public void Place(TunnelProtocol.OpenTunnel request)
    {
        var now = _pool.Now;
        request = request.Deadline is null ? request with { Deadline = now + _settings.ConnectTimeout + _settings.Http2.HandshakeTimeout } : request;
        if (_isStopped)
        {
            Refuse(request, ConnectFailure.Draining, "the node is stopping"); // Its sessions are retired, and no other is dialled.
        }
        else if (request.Deadline <= now)
        {
            RefuseLate(request);
        }
        else if (!_endpoints.IsKnown)
        {
            // The first list decides. DNS answers within dns-timeout, good or bad; the mesh when it has been entered.
            _unplaced.Add(request);
            _pool.Resolve();
        }
        else if (_placement.Choose(_endpoints.Current, request, now) is { } endpoint)
        {
            PlaceOn(endpoint, request, now);
        }
        else if (!request.Attempts.Endpoints.IsEmpty)
        {
            Rest(request, now);
        }
        else
        {
            Refuse(
                request,
                ConnectFailure.NoHealthyEndpoint,
                _endpoints.Current.IsEmpty ? "there is no endpoint"
                    : _endpoints.Current.All(endpoint => endpoint.IsDraining) ? "every endpoint is draining"
                    : "every endpoint is in backoff");
        }
    }

    /// <summary>
    /// An attempt has failed: the next one goes to another endpoint at once, or behind a rest to any. Where there may be none, the requester hears of this failure.
    /// </summary>
    /// <param name="refused">The attempt.</param>
    /// <param name="session">Which made it.</param>
    public void Retry(ClientSessionProtocol.TunnelRefused refused, IActorRef session)
    {
        var attempts = refused.Request.Attempts.Failed(refused.Failure, refused.BySession ? session : null);
        if (attempts.Streams >= _settings.MaxAttempts)
        {
            refused.Request.Requester.Tell(refused.Failure);
        }
        else
        {
            Place(refused.Request with { Attempts = attempts, Deadline = null }); // What the terminator took of it is not the next one's to miss.
        }
    }

    /// <summary>A rest is over.</summary>
    public void Wake(TunnelProtocol.OpenTunnel resting)
    {
        if (_resting.Remove(resting))
        {
            Place(resting with { Attempts = resting.Attempts.Rested() });
        }
    }

    /// <summary>Gives waiting requests to sessions with room, in order, and opens another session where that is not enough.</summary>
    public void Serve(EndpointSessions endpoint)
    {
        GiveWaiting(endpoint);
        if (endpoint.Waiting.Count > 0 && !_isStopped && endpoint.MayGrow(_pool.Now))
        {
            _pool.Dial(endpoint);
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
            if (refusal is null || _endpoints.Current.Any(endpoint => endpoint.IsUsable(_pool.Now)))
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
        var now = _pool.Now;
        var late = _unplaced.FindAll(request => request.Deadline <= now);
        _unplaced.RemoveAll(request => request.Deadline <= now || request.Connection.IsOver);
        late.ForEach(RefuseLate);
        foreach (var endpoint in _endpoints.Current)
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
        RefuseAll(_resting, ConnectFailure.Draining, "the node is stopping");
        foreach (var endpoint in _endpoints.Current)
        {
            RefuseAll(endpoint.Waiting, ConnectFailure.Draining, "the node is stopping");
        }
    }

    private void PlaceOn(EndpointSessions endpoint, TunnelProtocol.OpenTunnel request, TimeSpan now)
    {
        if (endpoint.HasRefused(request.Attempts, now))
        {
            request = request with { Attempts = request.Attempts.AnySession() };
        }

        if (endpoint.Waiting.Count == 0 && endpoint.Pick(request.Attempts, now) is { } session)
        {
            Give(session, request);
            if (endpoint.IsBusy(now, _node.Loops.Count))
            {
                _pool.Dial(endpoint); // For those that come when it is ready.
            }
        }
        else if (endpoint.Waiting.Count >= MaxWaiting)
        {
            _node.Meters.LimitHit("waiting-tunnels");
            Refuse(request, ConnectFailure.Overloaded("too many tunnels wait for a session"), "too many tunnels wait for a session");
        }
        else
        {
            endpoint.Waiting.AddLast(request);
            Serve(endpoint);
        }
    }

    private void Rest(TunnelProtocol.OpenTunnel request, TimeSpan now)
    {
        var wait = Backoff.Wait(_settings.MinBackoff, _settings.MaxBackoff, request.Attempts.Rests, _node.Environment.Random);
        if (now + wait >= request.Deadline)
        {
            RefuseLate(request);
            return;
        }

        _resting.Add(request);
        _pool.WakeIn(request, wait);
    }

    private void GiveWaiting(EndpointSessions endpoint)
    {
        var now = _pool.Now;
        for (var node = endpoint.Waiting.First; node is not null;)
        {
            var next = node.Next;
            if (endpoint.Pick(node.Value.Attempts, now) is { } session)
            {
                endpoint.Waiting.Remove(node);
                Give(session, node.Value);
            }
            else if (node.Value.Attempts.Sessions.IsEmpty)
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

    private void RefuseAll(ICollection<TunnelProtocol.OpenTunnel> requests, ConnectFailure failure, string detail)
    {
        foreach (var request in requests)
        {
            Refuse(request, failure, detail);
        }

        requests.Clear();
    }

    private void RefuseLate(TunnelProtocol.OpenTunnel request) =>
        Refuse(request, ConnectFailure.NoHealthyEndpoint, _endpoints.IsKnown ? "no session had room in time" : "no endpoint was known in time");

    /// <summary>What an attempt met tells more than that no other could be made.</summary>
    private void Refuse(TunnelProtocol.OpenTunnel request, ConnectFailure failure, string detail) => request.Requester.Tell(
        (_isStopped ? null : request.Attempts.Failure) ?? new TunnelProtocol.TunnelFailed(failure.Reason, detail, failure.Side, null, null));
}
