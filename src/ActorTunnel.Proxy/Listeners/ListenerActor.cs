using System.Net.Sockets;
using ActorTunnel.Proxy.Connections;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace ActorTunnel.Proxy.Listeners;

/// <summary>
/// A bound address: accepts connections, as many as may be open at once, and makes an actor of each.
/// <code>
///   Accepting ⇄ Full (the next connection is not asked for)
///       └──BeginDrain──▶ Draining: the address is released ──last connection gone──▶ Drained is answered
/// </code>
/// </summary>
internal sealed class ListenerActor : ReceiveActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ListenerSettings _settings;
    private readonly NodeContext _node;
    private readonly TcpListenSocket _socket;
    private readonly Func<TcpConnection, Props> _connectionProps;
    private ListenerTls? _tls;
    private UniqueKillSwitch? _accepting;
    private IActorRef? _acknowledge;
    private IActorRef? _drainer;
    private long _nextConnection = 1;
    private int _open;

    public ListenerActor(ListenerSettings settings, TcpListenSocket socket, NodeContext node)
    {
        _settings = settings;
        _socket = socket;
        _node = node;
        _connectionProps = settings switch
        {
            TunnelListenerSettings tunnel => ForTunnels(tunnel),
            ConnectListenerSettings connect => ForSessions(connect),
            _ => throw new InvalidOperationException($"No connections for {settings.GetType().Name}."),
        };
        Receive<TcpConnection>(Accept);
        Receive<AcceptStarted>(_ => Sender.Tell(AcceptNext.Instance));
        Receive<AcceptEnded>(_ => { });
        Receive<ChildEnded>(_ => Closed());
        Receive<DrainProtocol.BeginDrain>(_ =>
        {
            _drainer = Sender;
            _accepting!.Shutdown();
            TellConnections(DrainProtocol.BeginDrain.Instance);
            AnswerDrain();
        });
        Receive<DrainProtocol.AbortTunnels>(_ => TellConnections(DrainProtocol.AbortTunnels.Instance));
        Receive<TlsProtocol.ReplaceListenerTls>(replace =>
        {
            _tls = SessionTls.ForListener(_settings.Name, replace.Tls, _log);
            TellConnections(new TlsProtocol.ListenerTlsReplaced(_tls));
        });
        Receive<StatusProtocol.StatusQuery>(query => Sender.Tell(Answer(query)));
    }

    public static Props Props(ListenerSettings settings, TcpListenSocket socket, NodeContext node) =>
        Akka.Actor.Props.Create(() => new ListenerActor(settings, socket, node));

    /// <summary>What a connection has from its first moment.</summary>
    public static TcpConnectionOptions OptionsOf(ListenerSettings settings) => settings is TunnelListenerSettings tunnel
        ? TunnelRelay.OptionsOf(tunnel.Tunnel)
        : new TcpConnectionOptions { ResetUnlessClean = settings is ConnectListenerSettings { Http1: true } }; // A session clears it.

    protected override SupervisorStrategy SupervisorStrategy() => new ChildEnds();

    protected override void PreStart()
    {
        var log = _log;
        var meters = _node.Meters;
        var stage = new TcpListenerStage(_socket, OptionsOf(_settings), _node.Time, error =>
        {
            meters.LimitHit("accept");
            log.Warning("accepting pauses: {0}", error);
        }, _node.Loops);
        var accepting = Source.FromGraph(stage)
            .ViaMaterialized(KillSwitches.Single<TcpConnection>(), Keep.Right)
            .To(Sink.ActorRefWithAck<TcpConnection>(
                Self, AcceptStarted.Instance, AcceptNext.Instance, AcceptEnded.Instance, _ => AcceptEnded.Instance));
        _accepting = EventLoops.On(_node.Loops.Common, accepting).Run(_node.Materializer);
    }

    protected override void PostStop() => _accepting?.Shutdown();

    private void Accept(TcpConnection connection)
    {
        if (_drainer is not null)
        {
            connection.Reset(); // Accepted in the moment in which the address was released.
            Sender.Tell(AcceptNext.Instance);
            return;
        }

        _node.Meters.ConnectionAccepted(_settings.Name);
        var actor = Context.ActorOf(_connectionProps(connection), $"connection-{_nextConnection++}");
        if (++_open < _settings.MaxConnections)
        {
            Sender.Tell(AcceptNext.Instance);
        }
        else
        {
            _node.Meters.LimitHit("max-connections");
            _log.Warning("listener {0} has its {1} connections; further ones wait", _settings.Name, _open);
            _acknowledge = Sender;
        }
    }

    private void Closed()
    {
        _open--;
        _node.Meters.ConnectionClosed(_settings.Name);
        _acknowledge?.Tell(AcceptNext.Instance);
        _acknowledge = null;
        AnswerDrain();
    }

    private void AnswerDrain()
    {
        if (_drainer is not null && _open == 0)
        {
            _drainer.Tell(DrainProtocol.Drained.Instance);
        }
    }

    private StatusProtocol.StatusReply Answer(StatusProtocol.StatusQuery query)
    {
        var isTunnel = _settings is TunnelListenerSettings;
        var connections = Context.GetChildren().Take(query.Limit);
        return query switch
        {
            StatusProtocol.GetListenerStatus => StatusProtocol.StatusReply.Of(new ListenerStatus(
                _settings.Name,
                isTunnel ? ListenerRole.Tunnel : ListenerRole.Connect,
                _socket.Address,
                _drainer is not null ? ListenerState.Draining : _acknowledge is not null ? ListenerState.Full : ListenerState.Accepting,
                _settings is ConnectListenerSettings { Tls: not null },
                _open,
                _settings.MaxConnections,
                _nextConnection - 1)),
            StatusProtocol.GetSessionStatus when !isTunnel => StatusProtocol.StatusReply.Items(connections, _open),
            StatusProtocol.GetTunnelStatus when isTunnel => StatusProtocol.StatusReply.Items(connections, _open),
            StatusProtocol.GetTunnelStatus => StatusProtocol.StatusReply.AskOn(connections),
            _ => StatusProtocol.StatusReply.Nothing,
        };
    }

    private static void TellConnections(object message)
    {
        foreach (var connection in Context.GetChildren())
        {
            connection.Tell(message);
        }
    }

    private Func<TcpConnection, Props> ForTunnels(TunnelListenerSettings settings)
    {
        var request = new ConnectTemplate(settings.Authority, settings.Headers);
        return connection => TunnelConnectionActor.Props(connection, settings, request, _node).WithDispatcher(_node.Loops.Common);
    }

    private Func<TcpConnection, Props> ForSessions(ConnectListenerSettings settings)
    {
        if (!RouteTable.TryCreate(settings.Routes, out var routes, out var mistakes))
        {
            throw new InvalidOperationException($"Routes were not validated: {mistakes[0]}");
        }

        _tls = settings.Tls is null ? null : SessionTls.ForListener(settings.Name, settings.Tls, _log);
        return connection => ConnectConnectionActor.Props(connection, settings, routes, _tls, _node).WithDispatcher(_node.Loops.Next());
    }

    private sealed class AcceptStarted
    {
        public static readonly AcceptStarted Instance = new();
    }

    private sealed class AcceptNext
    {
        public static readonly AcceptNext Instance = new();
    }

    private sealed class AcceptEnded
    {
        public static readonly AcceptEnded Instance = new();
    }
}
