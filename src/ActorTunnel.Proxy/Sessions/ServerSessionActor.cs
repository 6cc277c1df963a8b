using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Connections;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Sockets;
using ActorTunnel.Transport.Tls;
using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>
/// An HTTP/2 session that a peer opened with us, or an HTTP/1.1 connection, which is a session of one tunnel: starts its stack, makes a tunnel's actor of each request,
/// and ends when the session and the last tunnel have.
/// <code>
///   Handshaking ──peer's SETTINGS, or its request──▶ Serving ──age, certificates replaced, BeginDrain──▶ Serving, GOAWAY sent ──last tunnel over──▶ close
///        └──deadline──▶ abort           └──session over──▶ Ending: waits for its tunnels ──▶ stopped
/// </code>
/// </summary>
internal sealed class ServerSessionActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeContext _node;
    private readonly ConnectListenerSettings _listener;
    private readonly TcpConnection _connection;
    private readonly ClientProtocol _protocol;
    private readonly SessionHandle _session;
    private readonly ServerTunnelContext _tunnels;
    private readonly long _started;
    private TlsInfo? _tls;
    private bool _ready;
    private bool _draining;
    private bool _retired;
    private bool _tlsReplaced;
    private bool _goAwayDone;
    private bool _ended;
    private int _open;

    public ServerSessionActor(AcceptedSession accepted, ConnectListenerSettings listener, RouteTable routes, ListenerTls? tls, NodeContext node)
    {
        _node = node;
        _listener = listener;
        _connection = accepted.Connection;
        _protocol = accepted.Protocol;
        _started = accepted.Began;
        _session = accepted.Start(listener, tls, node, Context);
        var dials = new DialSlots("dials-per-session", node.Settings.Limits.DialsPerSession, node.Settings.Limits.DialWait);
        _tunnels = new ServerTunnelContext(node, listener, routes, accepted.Client, _session, dials);
        Serving();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(AcceptedSession accepted, ConnectListenerSettings listener, RouteTable routes, ListenerTls? tls, NodeContext node) =>
        Akka.Actor.Props.Create(() => new ServerSessionActor(accepted, listener, routes, tls, node));

    protected override SupervisorStrategy SupervisorStrategy() => new ChildEnds();

    /// <summary>Answers for the session and its tunnels in every state.</summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not StatusProtocol.StatusQuery query)
        {
            return base.AroundReceive(receive, message);
        }

        Sender.Tell(query switch
        {
            StatusProtocol.GetSessionStatus => StatusProtocol.StatusReply.Of(Status()),
            StatusProtocol.GetTunnelStatus => StatusProtocol.StatusReply.Items(Context.GetChildren().Take(query.Limit), _open),
            _ => StatusProtocol.StatusReply.Nothing,
        });
        return true;
    }

    protected override void PreStart()
    {
        var left = _listener.Http2.HandshakeTimeout - _node.Time.GetElapsedTime(_started);
        Timers.StartSingleTimer(HandshakeTimeout.Instance, HandshakeTimeout.Instance, left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    protected override void PostStop()
    {
        if (!_ended)
        {
            _session.Abort(Http2.Frames.ErrorCode.InternalError, "the session's actor was stopped");
        }
    }

    private void Serving()
    {
        Receive<TlsInfo>(tls => _tls = tls);
        Receive<SessionProtocol.PeerReady>(_ => Ready());
        Receive<SessionProtocol.PeerLimitChanged>(_ => { });
        Receive<SessionProtocol.TunnelRequested>(request =>
            OpenTunnel(request.Port, request.Fields, request.HeaderListTooLarge ? ConnectFailure.HeaderListTooLarge : null));
        Receive<SessionProtocol.RequestRefused>(request =>
            OpenTunnel(request.Port, [], ConnectFailure.OfRequest(request.Status, request.Detail)));
        Receive<SessionProtocol.TunnelRejected>(rejected =>
            _log.Info("{0}: stream {1} of {2} was refused: {3} {4}", ActorNames.PathOf(Self), rejected.StreamId, _connection.Remote, rejected.Code, rejected.Detail));
        Receive<SessionProtocol.GoAwayReceived>(_ => { });
        Receive<SessionProtocol.GoAwayCompleted>(_ =>
        {
            _goAwayDone = true;
            CloseWhenDrained();
        });
        Receive<SessionProtocol.SessionEnded>(Ended);
        Receive<HandshakeTimeout>(_ =>
            _session.Abort(Http2.Frames.ErrorCode.SettingsTimeout, "the handshake took too long"));
        Receive<AgeReached>(_ => Retire("it is old enough"));
        Receive<ChildEnded>(_ =>
        {
            _open--;
            CloseWhenDrained();
        });
        Receive<DrainProtocol.BeginDrain>(_ =>
        {
            _draining = true;
            _session.BeginGoAway();
            if (!_ready)
            {
                _session.Close(); // It never got as far as a tunnel.
            }
        });
        Receive<DrainProtocol.AbortTunnels>(_ => AbortTunnels());
        Receive<TlsProtocol.SessionTlsReplaced>(_ =>
        {
            _tlsReplaced = true;
            RetireIfTlsReplaced();
        });
    }

    private void Ending()
    {
        Receive<ChildEnded>(_ =>
        {
            if (--_open == 0)
            {
                Context.Stop(Self);
            }
        });
        Receive<DrainProtocol.AbortTunnels>(_ => AbortTunnels());
        ReceiveAny(_ => { }); // What was on its way when the session ended.
    }

    private void Ready()
    {
        _ready = true;
        Timers.Cancel(HandshakeTimeout.Instance);
        if (_protocol == ClientProtocol.Http2 && _listener.Http2.DrawAge(_node.Environment.Random) is { } age)
        {
            Timers.StartSingleTimer(AgeReached.Instance, AgeReached.Instance, age);
        }

        _node.Meters.SessionOpened(SessionScope.OfListener(_listener.Name));
        _node.Environment.SessionLog(new SessionLogEntry
        {
            Time = _node.Time.GetUtcNow(),
            Session = ActorNames.PathOf(Self),
            Local = _connection.Local,
            Remote = _connection.Remote,
            Protocol = _protocol.ToName(),
            Security = _tls?.ToString() ?? "cleartext",
            PeerSubject = _tls?.PeerSubject,
        });
        RetireIfTlsReplaced();
    }

    /// <summary>A handshake is let come to its end first; an HTTP/1.1 client has its one tunnel and just lives on.</summary>
    private void RetireIfTlsReplaced()
    {
        if (_tlsReplaced && _ready && _protocol == ClientProtocol.Http2)
        {
            Retire(TlsProtocol.SessionTlsReplaced.Why);
        }
    }

    private SessionStatus Status() => new(
        ActorNames.PathOf(Self),
        SessionOpener.Peer,
        _listener.Name,
        Endpoint: null,
        _connection.Local,
        _connection.Remote,
        _protocol.ToName(),
        _tls?.ToString() ?? (_listener.Tls is null ? "cleartext" : null),
        _tls?.PeerSubject,
        _ended ? SessionState.Ending : !_ready ? SessionState.Handshaking : _draining || _retired ? SessionState.Retired : SessionState.Ready,
        _open,
        _protocol == ClientProtocol.Http2 ? _listener.Http2.MaxConcurrentStreams : 1,
        PeerLimit: null,
        _node.Time.GetElapsedTime(_started));

    private void OpenTunnel(TunnelPort port, IReadOnlyList<HeaderField> fields, ConnectFailure? refused)
    {
        var tunnel = Context.ActorOf(ServerTunnelActor.Props(_tunnels, port, fields, refused).WithDispatcher(Context.Props.Dispatcher), $"stream-{port.StreamId}");
        _open++;
    }

    /// <summary>Takes no new tunnels, and lives until its last one ends: no deadline, unlike a drain.</summary>
    private void Retire(string why)
    {
        if (_draining || _retired)
        {
            return; // It goes already.
        }

        _retired = true;
        _node.Meters.SessionRetired(SessionScope.OfListener(_listener.Name));
        _log.Info("{0} of {1} is retired: {2}", ActorNames.PathOf(Self), _connection.Remote, why);
        _session.BeginGoAway();
    }

    private void CloseWhenDrained()
    {
        if ((_draining || _retired) && _open == 0 && _goAwayDone)
        {
            _session.Close();
        }
    }

    private void AbortTunnels()
    {
        foreach (var tunnel in Context.GetChildren())
        {
            tunnel.Tell(TunnelProtocol.AbortTunnel.Instance);
        }

        if (_open == 0 && !_ended && _protocol == ClientProtocol.Http2)
        {
            _session.Close(); // A peer that does not answer our PING keeps nobody waiting.
        }
        else if (_open == 0 && !_ended)
        {
            _session.Abort(Http2.Frames.ErrorCode.NoError, "the drain reached its deadline"); // It does not take its last bytes.
        }

        _goAwayDone = true;
    }

    private void Ended(SessionProtocol.SessionEnded ended)
    {
        _ended = true;
        Timers.Cancel(HandshakeTimeout.Instance);
        if (_ready)
        {
            _node.Meters.SessionEnded(
                SessionScope.OfListener(_listener.Name), _retired, lost: ended.Reason != SessionEndReason.Orderly);
        }

        if (ended.Reason.Limit() is { } limit)
        {
            _node.Meters.LimitHit(limit);
        }

        if (ended.Reason != SessionEndReason.Orderly || ended.Foreign != ForeignProtocol.None)
        {
            _log.Info("{0} from {1} ended: {2}", ActorNames.PathOf(Self), _connection.Remote, Describe(ended));
        }

        if (_open == 0)
        {
            Context.Stop(Self);
        }
        else
        {
            Become(Ending);
        }
    }

    private static string Describe(SessionProtocol.SessionEnded ended) => ended switch
    {
        { Foreign: ForeignProtocol.Http1 } => "the peer speaks HTTP/1.x; this listener takes HTTP/2 only (its 'http1' is off)",
        { Foreign: ForeignProtocol.Tls } => "the peer speaks TLS; this listener is cleartext (its 'tls' is not set)",
        { Reason: SessionEndReason.TlsRefused, WasReady: false } => $"TLS handshake failed: {ended.Detail}",
        { Code: Http2.Frames.ErrorCode.NoError } => ended.Detail,
        _ => $"{ended.Code}: {ended.Detail}",
    };

    private sealed class HandshakeTimeout
    {
        public static readonly HandshakeTimeout Instance = new();
    }

    private sealed class AgeReached
    {
        public static readonly AgeReached Instance = new();
    }
}
