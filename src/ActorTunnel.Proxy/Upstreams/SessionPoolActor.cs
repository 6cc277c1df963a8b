using System.Collections.Immutable;
using System.Net.Security;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// An upstream of terminators: keeps sessions to its endpoints and gives each tunnel one. Many tunnels share a session; another is opened at 80 % of
/// the peer's limit; a lost one is dialled again with backoff; a retired one takes no new tunnels. Requests wait where a session is on
/// its way.
/// </summary>
internal sealed class SessionPoolActor : ReceiveActor, IWithTimers
{
    /// <summary>More requests waiting for one endpoint than this are refused: whoever waits holds a connection.</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>Streams opened for one request: a second session and a second endpoint are worth it, a storm is not.</summary>
    private const int MaxAttempts = 3;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly UpstreamSettings _settings;
    private readonly NodeContext _node;
    private readonly long _started;
    private readonly EndpointPicker _picker;
    private readonly List<TunnelProtocol.OpenTunnel> _unplaced = [];
    private ImmutableArray<EndpointSessions> _endpoints = [];
    private IActorRef? _dns;
    private readonly Dictionary<IActorRef, PooledSession> _sessions = [];
    private readonly Dictionary<EndpointAddress, SslClientAuthenticationOptions> _tls = [];
    private ClientTlsSettings? _tlsSettings;
    private int _nextSession = 1;
    private IActorRef? _drainer;

    public SessionPoolActor(UpstreamSettings settings, NodeContext node)
    {
        _settings = settings;
        _tlsSettings = settings.Tls;
        _node = node;
        _started = node.Time.GetTimestamp();
        _picker = EndpointPicker.For(settings.LoadBalancing);
        Running();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Since this actor started.</summary>
    private TimeSpan Now => _node.Time.GetElapsedTime(_started);

    public static Props Props(UpstreamSettings settings, NodeContext node) =>
        Akka.Actor.Props.Create(() => new SessionPoolActor(settings, node));

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(Sweep.Instance, Sweep.Instance, SweepInterval);
        if (_settings.Type == UpstreamType.Static)
        {
            Use([.. _settings.Endpoints.Select(ResolvedEndpoint.Static)]);
        }
        else
        {
            _dns = Context.ActorOf(DnsEndpointsActor.Props(_settings, _node), "dns");
        }
    }

    private void Running()
    {
        Receive<TunnelProtocol.OpenTunnel>(Place);
        Receive<ClientSessionProtocol.SessionReady>(ready =>
        {
            if (Session is { } session)
            {
                session.Ready(ready.PeerLimit);
                session.Endpoint.Recovered();
                Serve(session.Endpoint);
            }
        });
        Receive<ClientSessionProtocol.SessionRetired>(retired =>
        {
            if (Session is { } session)
            {
                session.IsRetired = true;
                _log.Info("{0} is retired: {1}", ActorNames.PathOf(session.Actor), retired.Why);
                Serve(session.Endpoint);
            }
        });
        Receive<ClientSessionProtocol.TunnelOver>(_ =>
        {
            if (Session is { } session)
            {
                session.Tunnels--;
                Serve(session.Endpoint);
            }
        });
        Receive<ClientSessionProtocol.TunnelReturned>(returned =>
        {
            if (Session is { } session)
            {
                session.Tunnels--;
            }

            Place(returned.Request);
        });
        Receive<ClientSessionProtocol.TunnelRefused>(refused =>
        {
            var attempts = refused.Request.Attempts + 1;
            if (attempts >= MaxAttempts)
            {
                refused.Request.Requester.Tell(refused.Failure);
                return;
            }

            IReadOnlyList<IActorRef> tried = refused.ByTerminator ? [.. refused.Request.Tried, Sender] : refused.Request.Tried;
            Place(refused.Request with { Attempts = attempts, Tried = tried });
        });
        Receive<ClientSessionProtocol.SessionOver>(SessionOver);
        Receive<Terminated>(gone => Forget(gone.ActorRef));
        Receive<Redial>(redial =>
        {
            if (_drainer is null && _endpoints.Contains(redial.Endpoint) && redial.Endpoint.Sessions.TrueForAll(session => session.IsRetired))
            {
                Dial(redial.Endpoint);
            }
        });
        Receive<DnsEndpointsActor.EndpointsResolved>(resolved => Use(resolved.Endpoints));
        Receive<DnsEndpointsActor.EndpointsUnknown>(unknown =>
        {
            _unplaced.ForEach(request => Refuse(request, unknown.Failure, unknown.Failure.Detail));
            _unplaced.Clear();
        });
        Receive<TlsProtocol.ReplaceUpstreamTls>(replace => UseTls(replace.Tls));
        Receive<Sweep>(_ => GiveUpOnLateRequests());
        Receive<StatusProtocol.GetUpstreamStatus>(_ => Sender.Tell(UpstreamReport.Of(_settings, _unplaced.Count, EndpointStates(), _dns)));
        Receive<StatusProtocol.GetSessionStatus>(query =>
            Sender.Tell(StatusProtocol.StatusReply.Items(_sessions.Keys.Take(query.Limit), _sessions.Count)));
        Receive<DrainProtocol.BeginDrain>(_ =>
        {
            _drainer = Sender;
            foreach (var session in _sessions.Keys)
            {
                session.Tell(new ClientSessionProtocol.Retire("the node is stopping"));
            }

            AnswerDrain();
        });
    }

    /// <summary>
    /// Takes a new list of endpoints. Who stays keeps its sessions; the sessions of who is gone are retired, and their tunnels go on.
    /// </summary>
    private void Use(ImmutableArray<ResolvedEndpoint> endpoints)
    {
        var before = _endpoints;
        _endpoints =
        [
            .. endpoints.Select(endpoint =>
            {
                var known = before.FirstOrDefault(old => old.Address == endpoint.Address) ?? new EndpointSessions(endpoint, _settings);
                known.Endpoint = endpoint;
                return known;
            }),
        ];
        var moving = new List<TunnelProtocol.OpenTunnel>(_unplaced);
        _unplaced.Clear();
        foreach (var gone in before.Except(_endpoints))
        {
            moving.AddRange(gone.Waiting.Select(waiting => waiting.Request));
            gone.Waiting.Clear();
            gone.Sessions.ForEach(session => session.Actor.Tell(new ClientSessionProtocol.Retire("its address is no longer in DNS")));
        }

        moving.ForEach(Place);
    }

    private PooledSession? Session => _sessions.GetValueOrDefault(Sender);

    /// <summary>1. picks the endpoint, 2. a session of it with room, 3. else opens one or lets the request wait for one.</summary>
    private void Place(TunnelProtocol.OpenTunnel request)
    {
        if (_drainer is not null)
        {
            Refuse(request, ConnectFailure.Draining, "the node is stopping"); // Its sessions are retired, and no other is dialled.
            return;
        }

        if (_endpoints.IsEmpty)
        {
            // The first answer decides; it comes within dns-timeout, good or bad.
            _unplaced.Add(request);
            _dns!.Tell(DnsEndpointsActor.ResolveNow.Instance);
            return;
        }

        var now = Now;
        var loads = _endpoints.Select(endpoint => new EndpointLoad(endpoint.IsInBackoff(now), endpoint.Load)).ToImmutableArray();
        if (_picker.TryPick(loads.AsSpan(), out var index))
        {
            PlaceOn(_endpoints[index], request);
            return;
        }

        // Every endpoint failed a moment ago. The one that is tried again first is worth waiting for, but not for ever.
        var next = _endpoints.MinBy(endpoint => endpoint.BackoffLeft(now))!;
        if (next.BackoffLeft(now) <= _settings.ConnectTimeout)
        {
            Wait(next, request);
        }
        else
        {
            Refuse(request, ConnectFailure.NoHealthyEndpoint, "every endpoint is in backoff");
        }
    }

    private void PlaceOn(EndpointSessions endpoint, TunnelProtocol.OpenTunnel request)
    {
        if (endpoint.Waiting.Count == 0 && endpoint.Pick(request.Tried) is { } session)
        {
            Give(session, request);
            return;
        }

        if (endpoint.HasRefused(request.Tried))
        {
            Refuse(request, ConnectFailure.NoHealthyEndpoint, "every session refused the tunnel");
            return;
        }

        Wait(endpoint, request);
        Serve(endpoint);
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

    private void Wait(EndpointSessions endpoint, TunnelProtocol.OpenTunnel request)
    {
        if (endpoint.Waiting.Count >= MaxWaiting)
        {
            _node.Meters.LimitHit("waiting-tunnels");
            Refuse(request, ConnectFailure.Overloaded("too many tunnels wait for a session"), "too many tunnels wait for a session");
            return;
        }

        endpoint.Waiting.AddLast((request, Now + _settings.ConnectTimeout + _settings.Http2.HandshakeTimeout));
    }

    /// <summary>Gives waiting requests to sessions with room, in order, and opens another session where that is not enough.</summary>
    private void Serve(EndpointSessions endpoint)
    {
        for (var node = endpoint.Waiting.First; node is not null;)
        {
            var next = node.Next;
            if (endpoint.Pick(node.Value.Request.Tried) is { } session)
            {
                endpoint.Waiting.Remove(node);
                Give(session, node.Value.Request);
            }
            else if (node.Value.Request.Tried.Count == 0)
            {
                break; // No room for this one means none for those behind it.
            }

            node = next;
        }

        if (endpoint.Waiting.Count > 0 && !endpoint.IsDialing && endpoint.MayOpenAnother && !endpoint.IsInBackoff(Now) && _drainer is null)
        {
            Dial(endpoint);
        }
    }

    private void Dial(EndpointSessions endpoint)
    {
        var actor = Context.ActorOf(
            ClientSessionActor.Props(endpoint.Endpoint, _settings, TlsFor(endpoint.Address), _node), $"session-{_nextSession++}");
        Context.Watch(actor);
        var session = new PooledSession(actor, endpoint);
        endpoint.Sessions.Add(session);
        _sessions.Add(actor, session);
    }

    /// <summary>Sessions of the old generation take no new tunnels from this message on; their own tunnels go on.</summary>
    private void UseTls(ClientTlsSettings tls)
    {
        _tlsSettings = tls;
        _tls.Clear();
        foreach (var session in _sessions.Values.Where(session => !session.IsRetired))
        {
            session.IsRetired = session.IsReady; // One that still shakes hands says itself whether it came too early.
            session.Actor.Tell(new ClientSessionProtocol.ReplaceTls(TlsFor(session.Endpoint.Address)!));
        }
    }

    private SslClientAuthenticationOptions? TlsFor(EndpointAddress endpoint)
    {
        if (_tlsSettings is null)
        {
            return null;
        }

        if (!_tls.TryGetValue(endpoint, out var options))
        {
            options = SessionTls.ForUpstream(_settings.Name, endpoint.Host, _tlsSettings, _log);
            _tls.Add(endpoint, options);
        }

        return options;
    }

    private void SessionOver(ClientSessionProtocol.SessionOver over)
    {
        if (Session is not { } session)
        {
            return;
        }

        var endpoint = session.Endpoint;
        var wasRetired = session.IsRetired;
        session.IsRetired = true; // Until it stops it only waits for its tunnels' ends.
        Sender.Tell(ClientSessionProtocol.NoMoreTunnels.Instance);
        if (over.WasReady && (wasRetired || !over.Lost))
        {
            Serve(endpoint);
            return;
        }

        var wait = endpoint.Failed(Now, _node.Environment.Random);
        if (!over.WasReady)
        {
            _log.Warning(
                "upstream {0}: no session to {1}: {2}; next try in {3:0} ms", _settings.Name, endpoint.Address, over.Detail, wait.TotalMilliseconds);
        }

        if (_drainer is null)
        {
            Timers.StartSingleTimer(endpoint.Address, new Redial(endpoint), wait);
        }

        MoveWaiting(endpoint, over);
    }

    /// <summary>Requests that waited for a session that cannot be had go to another endpoint, or hear why there is none.</summary>
    private void MoveWaiting(EndpointSessions failed, ClientSessionProtocol.SessionOver over)
    {
        if (failed.IsDialing || failed.Sessions.Exists(session => session.HasRoom))
        {
            return;
        }

        var waiting = failed.Waiting.ToList();
        failed.Waiting.Clear();
        foreach (var (request, _) in waiting)
        {
            if (_endpoints.Any(endpoint => !endpoint.IsInBackoff(Now)))
            {
                Place(request);
            }
            else
            {
                Refuse(request, over.Failure, over.Detail);
            }
        }
    }

    private void Forget(IActorRef actor)
    {
        if (_sessions.Remove(actor, out var session))
        {
            session.Endpoint.Sessions.Remove(session);
            Serve(session.Endpoint);
        }

        AnswerDrain();
    }

    private void GiveUpOnLateRequests()
    {
        foreach (var endpoint in _endpoints)
        {
            while (endpoint.Waiting.First is { } first && first.Value.Deadline <= Now)
            {
                endpoint.Waiting.RemoveFirst();
                Refuse(first.Value.Request, ConnectFailure.NoHealthyEndpoint, "no session had room in time");
            }
        }
    }

    private IEnumerable<EndpointStatus> EndpointStates()
    {
        var now = Now;
        var removed = _sessions.Values.Select(session => session.Endpoint).Distinct().Except(_endpoints);
        return [.. _endpoints.Select(endpoint => endpoint.ToStatus(now)), .. removed.Select(endpoint => endpoint.ToStatus(now, isRemoved: true))];
    }

    private void AnswerDrain()
    {
        if (_drainer is not null && _sessions.Count == 0)
        {
            _drainer.Tell(DrainProtocol.Drained.Instance);
        }
    }

    private static void Refuse(TunnelProtocol.OpenTunnel request, ConnectFailure failure, string detail) =>
        request.Requester.Tell(new TunnelProtocol.TunnelFailed(failure.Reason, detail, failure.Side, null, null));

    private sealed record Redial(EndpointSessions Endpoint) : INoSerializationVerificationNeeded;

    private sealed class Sweep
    {
        public static readonly Sweep Instance = new();
    }
}
