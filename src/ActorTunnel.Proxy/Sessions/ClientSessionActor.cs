using System.Net.Security;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Connections;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Sockets;
using ActorTunnel.Transport.Tls;
using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>
/// An HTTP/2 session that we open to one terminator: dials, starts the stack, opens a stream and an actor for each tunnel.
/// <code>
///   Dialing ──connected──▶ Handshaking ──peer's SETTINGS──▶ Ready ──GOAWAY, age, resets, Retire, certificates replaced──▶ Ready, retired ──last tunnel over──▶ close
///      └──failed──▶ stopped     └──deadline, refused──▶ Ending    └──session over──▶ Ending: waits for its tunnels, and for the pool's word that no more come ──▶ stopped
/// </code>
/// </summary>
internal sealed class ClientSessionActor : ReceiveActor, IWithTimers
{
    /// <summary>
    /// Resets before an answer that a session may send: half of our own guard (burst 200, 50/s), which is the strictest that we know; nghttp2's is 1,000 and 33/s. A guard that is
    /// met cuts the session with all its tunnels.
    /// </summary>
    private const int ResetBurst = 100;

    /// <inheritdoc cref="ResetBurst"/>
    private const int ResetsPerSecond = 25;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly EndpointAddress _endpoint;
    private readonly ResolvedEndpoint _dialled;
    private readonly UpstreamSettings _upstream;
    private readonly NodeContext _node;
    private readonly IActorRef _pool = Context.Parent;
    private readonly CancellationTokenSource _dial = new();
    private readonly long _started;
    private readonly TokenBucket _resets = new(ResetBurst, ResetsPerSecond);
    private readonly HashSet<TunnelProtocol.OpenTunnel> _opening = new(ReferenceEqualityComparer.Instance);
    private readonly AbandonedStreams _abandoned = new();
    private SslClientAuthenticationOptions? _tlsOptions;
    private SessionHandle? _session;
    private TcpConnection? _connection;
    private TlsInfo? _tls;
    private uint? _peerLimit;
    private bool _ready;
    private bool _retired;
    private string? _retiredWhileDialing;
    private bool _tlsReplaced;
    private bool _ended;
    private bool _getsNoMore;
    private int _open;

    public ClientSessionActor(
        ResolvedEndpoint endpoint, UpstreamSettings upstream, SslClientAuthenticationOptions? tls, NodeContext node)
    {
        _endpoint = endpoint.Address;
        _dialled = endpoint;
        _upstream = upstream;
        _tlsOptions = tls;
        _node = node;
        _started = node.Time.GetTimestamp();
        Dialing();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        ResolvedEndpoint endpoint, UpstreamSettings upstream, SslClientAuthenticationOptions? tls, NodeContext node) =>
        Akka.Actor.Props.Create(() => new ClientSessionActor(endpoint, upstream, tls, node));

    protected override SupervisorStrategy SupervisorStrategy() => new ChildEnds();

    /// <summary>Answers for the session in every state.</summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is StatusProtocol.GetSessionStatus)
        {
            Sender.Tell(StatusProtocol.StatusReply.Of(Status()));
            return true;
        }

        return base.AroundReceive(receive, message);
    }

    protected override void PreStart()
    {
        var options = new TcpConnectionOptions { ResetUnlessClean = false };
        _dialled.DialAsync(new TcpDialer(options, _node.Resolver, _upstream.ConnectTimeout, _node.Time, _node.Loops), _dial.Token).PipeTo(Self);
    }

    protected override void PostStop()
    {
        _dial.Cancel();
        _dial.Dispose();
        if (!_ended)
        {
            _session?.Abort(Http2.Frames.ErrorCode.InternalError, "the session's actor was stopped");
        }

        foreach (var request in _opening)
        {
            _pool.Tell(new ClientSessionProtocol.TunnelReturned(request)); // Of an actor that failed.
        }
    }

    private void Dialing()
    {
        Receive<DialResult.Connected>(connected => Start(connected.Connection));
        Receive<DialResult.Failed>(failed =>
        {
            var failure = DialFailures.ToFailure(failed);
            Over(lost: false, failure, failure.Detail);
            Context.Stop(Self);
        });
        Receive<ClientSessionProtocol.Retire>(retire =>
        {
            _dial.Cancel();
            _retiredWhileDialing = retire.Why;
        });
        Receive<ClientSessionProtocol.ReplaceTls>(replace => _tlsOptions = replace.Options);
    }

    private void Start(TcpConnection connection)
    {
        if (_retiredWhileDialing is { } why)
        {
            connection.Reset();
            Over(lost: false, ConnectFailure.NoHealthyEndpoint, why);
            Context.Stop(Self);
            return;
        }

        _connection = connection;
        var self = Self;
        var graph = SessionStack.Compose(
            new SessionStage(
                SessionRole.Client,
                _upstream.Http2.ToSessionSettings(_node.Settings.Limits),
                _upstream.Http2.ToSessionTimeouts(),
                _node.Environment.Pool,
                self,
                _node.Time),
            _tlsOptions is null ? null : TlsStage.Client(_tlsOptions, _node.Environment.Pool, info => self.Tell(info)),
            connection.ToFlow(_node.Environment.Pool, _node.Time));
        _session = EventLoops.On(Context.Props.Dispatcher, graph).Run(_node.Materializer);
        Timers.StartSingleTimer(HandshakeTimeout.Instance, HandshakeTimeout.Instance, _upstream.Http2.HandshakeTimeout);
        Become(Running);
    }

    private void Running()
    {
        Receive<TlsInfo>(tls => _tls = tls);
        Receive<SessionProtocol.PeerReady>(ready => Ready(ready.PeerMaxConcurrentStreams));
        Receive<SessionProtocol.PeerLimitChanged>(changed => TellLimit(changed.PeerMaxConcurrentStreams));
        Receive<TunnelProtocol.OpenTunnel>(open =>
        {
            _opening.Add(open);
            _session!.Open(open, open.Fields);
        });
        Receive<SessionProtocol.TunnelOpened>(opened =>
        {
            var request = (TunnelProtocol.OpenTunnel)opened.Token;
            _opening.Remove(request);
            var tunnel = Context.ActorOf(
                ClientTunnelActor.Props(request, opened.Port, _session!, _endpoint, _upstream.AnswerTimeout, _abandoned, _node).WithDispatcher(Context.Props.Dispatcher),
                $"stream-{opened.Port.StreamId}");
            _open++;
        });
        Receive<SessionProtocol.TunnelNotOpened>(not =>
        {
            var request = (TunnelProtocol.OpenTunnel)not.Token;
            _opening.Remove(request);
            if (not.ForGood)
            {
                Retire("it has no stream left to open"); // Mostly known already; else its ids have run out.
            }

            _pool.Tell(new ClientSessionProtocol.TunnelReturned(request));
        });
        Receive<SessionProtocol.TunnelClosed>(_ => _pool.Tell(ClientSessionProtocol.TunnelOver.Instance));
        Receive<ClientSessionProtocol.TunnelRefused>(_pool.Tell);
        Receive<SessionProtocol.GoAwayReceived>(goAway => Retire($"the terminator sent GOAWAY {goAway.Code} {goAway.Detail}".TrimEnd(), byTerminator: true));
        Receive<SessionProtocol.GoAwayCompleted>(_ => { });
        Receive<SessionProtocol.TunnelRejected>(_ => { });
        Receive<SessionProtocol.TunnelRequested>(_ => { });
        Receive<SessionProtocol.SessionEnded>(Ended);
        Receive<ChildEnded>(_ =>
        {
            _open--;
            CloseWhenRetired();
        });
        Receive<HandshakeTimeout>(_ => _session!.Abort(Http2.Frames.ErrorCode.SettingsTimeout, "the handshake took too long"));
        Receive<ClientSessionProtocol.ResetUnanswered>(_ =>
        {
            if (!_resets.TryTake(_node.Time.GetElapsedTime(_started)) && !_retired)
            {
                _node.Meters.LimitHit("resets-before-answer");
                Retire("too many streams were reset before their answer");
            }
        });
        Receive<AgeReached>(_ => Retire("it is old enough"));
        Receive<ClientSessionProtocol.Retire>(retire =>
        {
            foreach (var tunnel in Context.GetChildren())
            {
                tunnel.Tell(retire);
            }

            Retire(retire.Why);
        });
        Receive<ClientSessionProtocol.ReplaceTls>(_ =>
        {
            _tlsReplaced = true; // A handshake is let come to its end: whoever waits for this session is not refused.
            if (_ready)
            {
                Retire(TlsProtocol.SessionTlsReplaced.Why);
            }
        });
    }

    private void Ending()
    {
        Receive<ChildEnded>(_ =>
        {
            _open--;
            StopWhenSettled();
        });
        Receive<TunnelProtocol.OpenTunnel>(open => _pool.Tell(new ClientSessionProtocol.TunnelReturned(open)));
        Receive<ClientSessionProtocol.TunnelRefused>(_pool.Tell);
        Receive<ClientSessionProtocol.NoMoreTunnels>(_ =>
        {
            _getsNoMore = true;
            StopWhenSettled();
        });
        ReceiveAny(_ => { }); // What was on its way when the session ended.
    }

    private void StopWhenSettled()
    {
        if (_getsNoMore && _open == 0)
        {
            Context.Stop(Self);
        }
    }

    private void Ready(uint peerLimit)
    {
        _ready = true;
        Timers.Cancel(HandshakeTimeout.Instance);
        if (!_retired && !_tlsReplaced)
        {
            TellLimit(peerLimit); // First: who counts the session finds a pool that gives it tunnels.
            if (_upstream.Http2.DrawAge(_node.Environment.Random) is { } age)
            {
                Timers.StartSingleTimer(AgeReached.Instance, AgeReached.Instance, age);
            }
        }

        _node.Meters.SessionOpened(SessionScope.OfUpstream(_upstream.Name));
        _node.Environment.SessionLog(new SessionLogEntry
        {
            Time = _node.Time.GetUtcNow(),
            Session = ActorNames.PathOf(Self),
            Local = _connection!.Local,
            Remote = _connection.Remote,
            Protocol = ClientProtocol.Http2.ToName(),
            Security = _tls?.ToString() ?? "cleartext",
            PeerSubject = _tls?.PeerSubject,
        });
        if (_retired)
        {
            _node.Meters.SessionRetired(SessionScope.OfUpstream(_upstream.Name)); // Came while it shook hands; it is closed already.
        }
        else if (_tlsReplaced)
        {
            Retire(TlsProtocol.SessionTlsReplaced.Why); // The pool never heard of it as ready, so it gives it no tunnel.
        }
    }

    private void TellLimit(uint peerLimit)
    {
        _peerLimit = peerLimit;
        _pool.Tell(new ClientSessionProtocol.SessionReady(LimitOf(peerLimit), _session!.Load));
    }

    private uint LimitOf(uint peerLimit) => Math.Min(peerLimit, (uint)_upstream.Http2.MaxConcurrentStreams);

    private SessionStatus Status() => new(
        ActorNames.PathOf(Self),
        SessionOpener.Us,
        _upstream.Name,
        _endpoint.ToString(),
        _connection?.Local,
        _connection?.Remote,
        ClientProtocol.Http2.ToName(),
        _tls?.ToString() ?? (_tlsOptions is null ? "cleartext" : null),
        _tls?.PeerSubject,
        this switch
        {
            { _ended: true } => SessionState.Ending,
            { _connection: null } => SessionState.Dialing,
            { _ready: false } => SessionState.Handshaking,
            { _retired: true } => SessionState.Retired,
            _ => SessionState.Ready,
        },
        _open,
        _peerLimit is { } limit ? LimitOf(limit) : null,
        _peerLimit,
        _node.Time.GetElapsedTime(_started));

    private void Retire(string why, bool byTerminator = false)
    {
        if (!_retired)
        {
            _retired = true;
            if (_ready)
            {
                _node.Meters.SessionRetired(SessionScope.OfUpstream(_upstream.Name));
            }

            _pool.Tell(new ClientSessionProtocol.SessionRetired(why, byTerminator));
        }

        CloseWhenRetired();
    }

    private void CloseWhenRetired()
    {
        if (_retired && _open == 0)
        {
            _session!.Close();
        }
    }

    private void Ended(SessionProtocol.SessionEnded ended)
    {
        _ended = true;
        Timers.Cancel(HandshakeTimeout.Instance);
        var lost = ended.Reason != SessionEndReason.Orderly;
        if (_ready)
        {
            _node.Meters.SessionEnded(SessionScope.OfUpstream(_upstream.Name), _retired, lost);
        }

        if (ended.Reason.Limit() is { } limit)
        {
            _node.Meters.LimitHit(limit);
        }

        var detail = Describe(ended);
        if (lost && _ready)
        {
            _log.Warning("{0} to {1} ended: {2}", ActorNames.PathOf(Self), _endpoint, detail);
        }

        Over(lost, ConnectFailure.NoHealthyEndpoint, detail);
        foreach (var request in _opening)
        {
            _pool.Tell(new ClientSessionProtocol.TunnelReturned(request)); // The end is the answer to each: no byte of it went out.
        }

        _opening.Clear();
        Become(Ending);
    }

    private void Over(bool lost, ConnectFailure failure, string detail)
    {
        _ended = true;
        _pool.Tell(new ClientSessionProtocol.SessionOver(_ready, lost, failure, detail));
    }

    private string Describe(SessionProtocol.SessionEnded ended) => ended switch
    {
        // In TLS 1.3 a client whose certificate is refused completes its handshake and then reads an end.
        { Reason: SessionEndReason.TransportLost or SessionEndReason.TlsRefused, WasReady: false } when _tls is not null =>
            $"closed after TLS: client certificate refused? ({ended.Detail})",
        { Reason: SessionEndReason.TlsRefused } => $"TLS handshake failed: {ended.Detail}",
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
