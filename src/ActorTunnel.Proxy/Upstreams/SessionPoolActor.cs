using System.Collections.Immutable;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// An upstream of terminators: keeps sessions to its endpoints and gives each tunnel one. Many tunnels share a session; another is opened at 80 % of
/// the peer's limit, or where each is busy; a lost one is dialled again with backoff; a retired one takes no new tunnels. Requests wait where a session is on
/// its way (<see cref="TunnelRequests"/>). The list of endpoints is configured, or comes from DNS or the mesh.
/// </summary>
internal sealed class SessionPoolActor : ReceiveActor, IWithTimers, IPoolActions
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly UpstreamSettings _settings;
    private readonly NodeContext _node;
    private readonly long _started;
    private readonly EndpointTls _tls;
    private readonly EndpointList _endpoints;
    private readonly TunnelRequests _requests;
    private readonly Dictionary<IActorRef, PooledSession> _sessions = [];
    private IActorRef? _dns;
    private MeshEndpoints? _mesh;
    private int _nextSession = 1;
    private IActorRef? _drainer;

    public SessionPoolActor(UpstreamSettings settings, NodeContext node)
    {
        _settings = settings;
        _node = node;
        _started = node.Time.GetTimestamp();
        _tls = new EndpointTls(settings, _log);
        _endpoints = new EndpointList(settings);
        _requests = new TunnelRequests(settings, node, _endpoints, this);
        Running();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public TimeSpan Now => _node.Time.GetElapsedTime(_started);

    private PooledSession? Session => _sessions.GetValueOrDefault(Sender);

    public static Props Props(UpstreamSettings settings, NodeContext node) =>
        Akka.Actor.Props.Create(() => new SessionPoolActor(settings, node));

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(Sweep.Instance, Sweep.Instance, SweepInterval);
        switch (_settings.Type)
        {
            case UpstreamType.Static:
                Use([.. _settings.Endpoints.Select(ResolvedEndpoint.Static)]);
                break;
            case UpstreamType.Mesh:
                var self = Self;
                _mesh = new MeshEndpoints(_node.Environment.Directory, _settings.Role, () => self.Tell(MeshChanged.Instance));
                UseMesh();
                break;
            default:
                _dns = Context.ActorOf(DnsEndpointsActor.Props(_settings, _node), "dns");
                break;
        }
    }

    protected override void PostStop() => _mesh?.Dispose();

    private void Running()
    {
        Receive<TunnelProtocol.OpenTunnel>(_requests.Place);
        Receive<ClientSessionProtocol.SessionReady>(SessionReady);
        Receive<ClientSessionProtocol.SessionRetired>(SessionRetired);
        Receive<ClientSessionProtocol.TunnelOver>(_ => TunnelOver());
        Receive<ClientSessionProtocol.TunnelReturned>(returned =>
        {
            TunnelOver();
            _requests.Place(returned.Request);
        });
        Receive<ClientSessionProtocol.TunnelRefused>(refused => _requests.Retry(refused, Sender));
        Receive<Rested>(rested => _requests.Wake(rested.Request));
        Receive<ClientSessionProtocol.SessionOver>(SessionOver);
        Receive<Terminated>(gone => Forget(gone.ActorRef));
        Receive<Redial>(redial => DialAgain(redial.Endpoint));
        Receive<MeshChanged>(_ => UseMesh());
        Receive<DnsEndpointsActor.EndpointsResolved>(resolved => Use(resolved.Endpoints));
        Receive<DnsEndpointsActor.EndpointsUnknown>(unknown => _requests.RefuseUnplaced(unknown.Failure));
        Receive<TlsProtocol.ReplaceUpstreamTls>(replace => UseTls(replace.Tls));
        Receive<Sweep>(_ => _requests.GiveUpOnLate());
        Receive<StatusProtocol.GetUpstreamStatus>(_ => Sender.Tell(UpstreamReport.Of(
            _settings, _requests.Unplaced, _endpoints.ToStatus(Now, _sessions.Values.Select(session => session.Endpoint)), _dns)));
        Receive<StatusProtocol.GetSessionStatus>(query =>
            Sender.Tell(StatusProtocol.StatusReply.Items(_sessions.Keys.Take(query.Limit), _sessions.Count)));
        Receive<DrainProtocol.BeginDrain>(_ => Drain());
    }

    /// <summary>
    /// Takes a new list of endpoints. Who stays keeps its sessions; the sessions of who is gone are retired, and their tunnels go on.
    /// </summary>
    private void Use(ImmutableArray<ResolvedEndpoint> endpoints)
    {
        var gone = _endpoints.Replace(endpoints);
        foreach (var endpoint in gone)
        {
            endpoint.Sessions.ForEach(session => Retire(session, "its endpoint is no longer in the list"));
            _tls.Forget(endpoint.Address);
        }

        _requests.EndpointsChanged(gone);
    }

    /// <summary>Before the mesh was entered there is no list.</summary>
    private void UseMesh()
    {
        if (_mesh!.Take() is { } endpoints)
        {
            Use(endpoints);
        }
    }

    public void Resolve() => _dns?.Tell(DnsEndpointsActor.ResolveNow.Instance);

    public void WakeIn(TunnelProtocol.OpenTunnel resting, TimeSpan wait) => Timers.StartSingleTimer(resting.Requester, new Rested(resting), wait);

    public void Dial(EndpointSessions endpoint)
    {
        var actor = Context.ActorOf(
            ClientSessionActor.Props(endpoint.Endpoint, _settings, _tls.For(endpoint.Address), _node).WithDispatcher(_node.Loops.Next()), $"session-{_nextSession++}");
        Context.Watch(actor);
        var session = new PooledSession(actor, endpoint);
        endpoint.Sessions.Add(session);
        _sessions.Add(actor, session);
    }

    /// <summary>A lost session is dialled by itself; another beside those that there are only where somebody waits.</summary>
    private void DialAgain(EndpointSessions endpoint)
    {
        if (_drainer is not null || !_endpoints.Current.Contains(endpoint))
        {
            return;
        }

        if (endpoint.IsDialedByItself)
        {
            Dial(endpoint);
        }
        else
        {
            _requests.Serve(endpoint);
        }
    }

    private void SessionReady(ClientSessionProtocol.SessionReady ready)
    {
        if (Session is { } session)
        {
            session.Ready(ready.PeerLimit, Now, () => ready.Load.IsBusy);
            session.Endpoint.Recovered();
            _requests.Serve(session.Endpoint);
        }
    }

    private void SessionRetired(ClientSessionProtocol.SessionRetired retired)
    {
        if (Session is not { } session)
        {
            return;
        }

        _log.Info("{0} is retired: {1}", ActorNames.PathOf(session.Actor), retired.Why);
        var isSentAway = retired.ByTerminator && !session.IsRetired && !session.Endpoint.HasLasted(session.Age(Now));
        session.IsRetired = true;
        if (isSentAway)
        {
            BackOff(session); // The next one would hear the same.
            _requests.Move(session.Endpoint, refusal: null);
        }
        else
        {
            _requests.Serve(session.Endpoint);
        }
    }

    private void TunnelOver()
    {
        if (Session is { } session)
        {
            session.Tunnels--;
            _requests.Serve(session.Endpoint);
        }
    }

    private void SessionOver(ClientSessionProtocol.SessionOver over)
    {
        if (Session is not { } session)
        {
            return;
        }

        var wasRetired = session.IsRetired;
        session.IsRetired = true;
        session.IsOver = true;
        Sender.Tell(ClientSessionProtocol.NoMoreTunnels.Instance);
        if (wasRetired || (over.WasReady && !over.Lost))
        {
            _requests.Serve(session.Endpoint);
            return;
        }

        var wait = BackOff(session);
        if (!over.WasReady)
        {
            _log.Warning(
                "upstream {0}: no session to {1}: {2}; next try in {3:0} ms",
                _settings.Name, session.Endpoint.Address, over.Detail, wait.TotalMilliseconds);
        }

        _requests.Move(session.Endpoint, over.WasReady ? null : over);
    }

    private TimeSpan BackOff(PooledSession session)
    {
        var endpoint = session.Endpoint;
        var wait = endpoint.Failed(Now, session.Age(Now), _node.Environment.Random);
        if (_drainer is null && _endpoints.Current.Contains(endpoint))
        {
            Timers.StartSingleTimer(endpoint, new Redial(endpoint), wait);
        }

        return wait;
    }

    private void Forget(IActorRef actor)
    {
        if (_sessions.Remove(actor, out var session))
        {
            session.Endpoint.Sessions.Remove(session);
            _requests.Serve(session.Endpoint);
        }

        AnswerDrain();
    }

    /// <summary>Sessions of the old generation take no new tunnels from this message on; their own tunnels go on.</summary>
    private void UseTls(ClientTlsSettings tls)
    {
        _tls.Replace(tls);
        foreach (var session in _sessions.Values.Where(session => !session.IsRetired))
        {
            session.IsRetired = session.IsReady; // One that still shakes hands says itself whether it came too early.
            session.Actor.Tell(new ClientSessionProtocol.ReplaceTls(_tls.For(session.Endpoint.Address)!));
        }
    }

    private static void Retire(PooledSession session, string why)
    {
        session.IsRetired = true;
        session.Actor.Tell(new ClientSessionProtocol.Retire(why));
    }

    private void Drain()
    {
        _drainer = Sender;
        _requests.Stop();
        foreach (var session in _sessions.Values)
        {
            Retire(session, "the node is stopping");
        }

        AnswerDrain();
    }

    private void AnswerDrain()
    {
        if (_drainer is not null && _sessions.Count == 0)
        {
            _drainer.Tell(DrainProtocol.Drained.Instance);
        }
    }

    private sealed record Redial(EndpointSessions Endpoint) : INoSerializationVerificationNeeded;

    private sealed record Rested(TunnelProtocol.OpenTunnel Request) : INoSerializationVerificationNeeded;

    private sealed class MeshChanged
    {
        public static readonly MeshChanged Instance = new();
    }

    private sealed class Sweep
    {
        public static readonly Sweep Instance = new();
    }
}
