using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Proxy.Connections;

/// <summary>
/// A peer's connection to a terminator: its session is its only child, and its end the end of this actor.
/// <code>
///   Reading (a PROXY header; mostly left out) ──known──▶ Peeking (HTTP/2 or HTTP/1.1; left out where only one is served) ──▶ Serving ──session ended──▶ stopped
///      └──refused, drain──▶ the connection is reset ──▶ stopped ◀──nothing came, drain──┘
/// </code>
/// </summary>
internal sealed class ConnectConnectionActor : ReceiveActor
{
    private const string SessionName = "session";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TcpConnection _connection;
    private readonly ConnectListenerSettings _listener;
    private readonly RouteTable _routes;
    private readonly NodeContext _node;
    private readonly CancellationTokenSource _stopped = new();
    private ListenerTls? _tls;
    private PreludeResult.Known? _client;
    private long _began;
    private IActorRef? _session;

    public ConnectConnectionActor(
        TcpConnection connection, ConnectListenerSettings listener, RouteTable routes, ListenerTls? tls, NodeContext node)
    {
        _connection = connection;
        _listener = listener;
        _routes = routes;
        _tls = tls;
        _node = node;
        Reading();
    }

    public static Props Props(
        TcpConnection connection, ConnectListenerSettings listener, RouteTable routes, ListenerTls? tls, NodeContext node) =>
        Akka.Actor.Props.Create(() => new ConnectConnectionActor(connection, listener, routes, tls, node));

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    protected override void PreStart()
    {
        if (ConnectionPrelude.IsNeeded(_listener))
        {
            ConnectionPrelude.ReadAsync(_connection, _listener, _node, _stopped.Token).PipeTo(Self);
        }
        else
        {
            Peek(new PreludeResult.Known(_connection.Remote, _connection.Local, null));
        }
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        if (_session is null)
        {
            _connection.Reset();
        }
    }

    private void Reading()
    {
        Receive<PreludeResult.Known>(Peek);
        Receive<PreludeResult.Refused>(refused =>
        {
            _log.Info("{0} from {1} was refused: {2}", ActorNames.PathOf(Self), _connection.Remote, refused.Failure.Detail);
            Context.Stop(Self);
        });
        Receive<StatusProtocol.StatusQuery>(_ => Sender.Tell(StatusProtocol.StatusReply.AskOn([])));
        Waiting();
    }

    private void Peeking()
    {
        Receive<PeekResult.Speaks>(speaks => Serve(speaks.Protocol));
        Receive<StatusProtocol.GetSessionStatus>(_ => Sender.Tell(StatusProtocol.StatusReply.Of(Status())));
        Receive<StatusProtocol.StatusQuery>(_ => Sender.Tell(StatusProtocol.StatusReply.AskOn([])));
        Receive<PeekResult.Nothing>(nothing =>
        {
            _log.Info("{0} from {1} ended: {2}", ActorNames.PathOf(Self), _connection.Remote, nothing.Why);
            Context.Stop(Self);
        });
        Waiting();
    }

    /// <summary>Nobody is served yet.</summary>
    private void Waiting()
    {
        Receive<TlsProtocol.ListenerTlsReplaced>(replaced => _tls = replaced.Tls);
        Receive<DrainProtocol.BeginDrain>(_ => Context.Stop(Self));
        Receive<DrainProtocol.AbortTunnels>(_ => Context.Stop(Self));
        Receive<Akka.Actor.Status.Failure>(failure =>
        {
            _log.Error(failure.Cause, "{0}: what comes first could not be read", ActorNames.PathOf(Self));
            Context.Stop(Self);
        });
    }

    /// <summary>The session that it is going to be, whichever protocol it speaks.</summary>
    private SessionStatus Status() => new(
        $"{ActorNames.PathOf(Self)}/{SessionName}",
        SessionOpener.Peer,
        _listener.Name,
        Endpoint: null,
        _connection.Local,
        _connection.Remote,
        Protocol: null,
        _tls is null ? "cleartext" : null,
        PeerSubject: null,
        SessionState.Handshaking,
        OpenTunnels: 0,
        MaxTunnels: null,
        PeerLimit: null,
        _node.Time.GetElapsedTime(_began));

    private void Peek(PreludeResult.Known client)
    {
        _client = client;
        _began = _node.Time.GetTimestamp();
        if (_listener.Http1 && !_node.IsOutOfBuffers)
        {
            ProtocolPeek.ReadAsync(_connection, _listener, _node, _stopped.Token).PipeTo(Self);
            Become(Peeking);
        }
        else
        {
            // Also past the limit of buffers, where a client that sends a byte and waits would hold one more: HTTP/2 has an answer for its tunnels.
            Serve(ClientProtocol.Http2);
        }
    }

    private void Serve(ClientProtocol protocol)
    {
        var accepted = new AcceptedSession(_connection, _client!, protocol, _began);
        _session = Context.ActorOf(ServerSessionActor.Props(accepted, _listener, _routes, _tls, _node).WithDispatcher(Context.Props.Dispatcher), SessionName);
        Context.Watch(_session);
        Become(() =>
        {
            Receive<Terminated>(_ => Context.Stop(Self));
            Receive<TlsProtocol.ListenerTlsReplaced>(_ => _session.Forward(TlsProtocol.SessionTlsReplaced.Instance));
            Receive<DrainProtocol.BeginDrain>(_session.Forward);
            Receive<DrainProtocol.AbortTunnels>(_session.Forward);
            Receive<StatusProtocol.StatusQuery>(_ => Sender.Tell(StatusProtocol.StatusReply.AskOn([_session])));
        });
    }
}
