using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Connections;

/// <summary>
/// An application's connection to an encapsulator: asks the upstream for a tunnel, holds the connection unread until there is one (or, with early data, until its first byte is there and a
/// stream to send it on), and writes the access log.
/// <code>
///   Reading (what has to come first; mostly left out) ──known──▶ Opening        ──refused──▶ Answering or reset
///   Opening ──established──▶ Carried ──closed──▶ stopped
///      ├──begun──▶ Ahead ──established──▶ Carried; ──failed──▶ stopped
///      ├──the application reset its connection──▶ stopped
///      └──failed──▶ the connection is reset, or Answering where it speaks HTTP/1.1 ──▶ stopped
///   Answering ──answer taken, or a few seconds──▶ stopped
/// </code>
/// </summary>
internal sealed class TunnelConnectionActor : UntypedActor, IWithTimers
{
    /// <summary>For a client to take an answer and to end its side.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks at whether the application is still there. Nothing is read before the answer, so nothing else tells.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly TunnelListenerSettings _listener;
    private readonly TcpConnection _connection;
    private readonly ConnectTemplate _template;
    private readonly NodeContext _node;
    private readonly long _started;
    private readonly DateTimeOffset _startTime;
    private readonly CancellationTokenSource _stopped = new();
    private PreludeResult.Known _client;
    private ConnectRequest? _request;
    private IActorRef? _carrier;
    private TunnelProtocol.TunnelEstablished? _tunnel;
    private bool _closed;

    public TunnelConnectionActor(
        TcpConnection connection, TunnelListenerSettings listener, ConnectTemplate template, NodeContext node)
    {
        _connection = connection;
        _listener = listener;
        _template = template;
        _node = node;
        _started = node.Time.GetTimestamp();
        _startTime = node.Time.GetUtcNow();
        _client = new PreludeResult.Known(connection.Remote, connection.Local, null);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        TcpConnection connection, TunnelListenerSettings listener, ConnectTemplate template, NodeContext node) =>
        Akka.Actor.Props.CreateBy(new ActorFactory<TunnelConnectionActor>(() => new TunnelConnectionActor(connection, listener, template, node)));

    /// <summary>Answers for the tunnel in every state.</summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is StatusProtocol.GetTunnelStatus)
        {
            Sender.Tell(StatusProtocol.StatusReply.Of(Status()));
            return true;
        }

        return base.AroundReceive(receive, message);
    }

    protected override void PreStart()
    {
        _node.TunnelBegan();
        if (_node.IsOutOfBuffers)
        {
            _node.Meters.LimitHit("buffers");
            Fail(new TunnelProtocol.TunnelFailed(
                ConnectFailureReason.Overloaded, "out of buffers", GuiltySide.Us, null, null));
            return;
        }

        if (TunnelPrelude.IsNeeded(_listener, _template.Needs))
        {
            TunnelPrelude.ReadAsync(_connection, _listener, _template.Needs, _node, _stopped.Token).PipeTo(Self);
            return;
        }

        Open();
    }

    protected override void PostStop()
    {
        _node.TunnelOver();
        _stopped.Cancel();
        _stopped.Dispose();
        if (_carrier is null)
        {
            _connection.Reset(); // Nobody carries it: never a clean close.
        }
        else if (!_closed)
        {
            _carrier.Tell(TunnelProtocol.AbortTunnel.Instance);
        }
    }

    /// <summary>Reading.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PreludeResult.Known known:
                _client = known;
                Open();
                break;
            case PreludeResult.Refused refused:
                Refuse(refused.Failure, null, refused.Failure.Detail, refused.CanAnswer);
                break;
            case Akka.Actor.Status.Failure failure:
                Fail(new TunnelProtocol.TunnelFailed(
                    ConnectFailureReason.Abandoned, $"what comes first could not be read: {failure.Cause.Message}", GuiltySide.Us, null, null));
                break;
            case DrainProtocol.AbortTunnels:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Open()
    {
        var context = new HeaderTemplateContext
        {
            DownstreamLocal = _client.Destination,
            DownstreamRemote = _client.Source,
            RequestedServerName = _client.ServerName,
            OriginalDestination = _client.OriginalDestination,
            ConnectionId = ActorNames.PathOf(Self),
            StartTime = _startTime,
        };
        if (!_template.TryRender(context, _client.Authority, out _request, out var failure))
        {
            var refused = ConnectFailure.BadAuthority(failure.ToString());
            Refuse(refused, null, refused.Detail, canAnswer: _client.Authority is not null);
            return;
        }

        Become(Opening);
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, LookInterval);
        var firstByte = _listener.EarlyData && _client.Authority is null ? _connection.AwaitFirstByte() : null;
        firstByte?.Result.PipeTo(Self);
        _node.Upstreams[_listener.Upstream].Tell(new TunnelProtocol.OpenTunnel(
            Self,
            _connection,
            _client.Source?.Address,
            _request.Fields,
            _listener.Tunnel,
            _client.Authority is null ? default : Http1ResponseWriter.Established,
            TunnelAttempts.None)
        {
            FirstByte = firstByte,
        });
    }

    private void Opening(object message)
    {
        switch (message)
        {
            case TunnelProtocol.TunnelEstablished established:
                Establish(established);
                break;
            case TunnelProtocol.TunnelBegun begun:
                Timers.Cancel(Look.Instance);
                _carrier = begun.Tunnel;
                Become(Ahead);
                break;
            case TunnelProtocol.TunnelFailed failed when _client.Authority is not null:
                Refuse(AnswerOf(failed), failed, failed.Detail, canAnswer: true);
                break;
            case TunnelProtocol.TunnelFailed failed:
                Fail(failed);
                break;
            case FirstByteResult.Broken:
            case Look when _connection.WasReset:
                Fail(TunnelProtocol.TunnelFailed.OfApplication(route: null));
                break;
            case FirstByteResult or Look:
                break;
            case DrainProtocol.AbortTunnels:
                // The stream, where there is one already, is watching this actor.
                Fail(new TunnelProtocol.TunnelFailed(ConnectFailureReason.Draining, "the drain reached its deadline", GuiltySide.Us, null, null));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>The application's bytes are on their way, and the answer is still awaited.</summary>
    private void Ahead(object message)
    {
        switch (message)
        {
            case TunnelProtocol.TunnelEstablished established:
                Establish(established);
                break;
            case TunnelProtocol.TunnelFailed failed:
                _closed = true;
                Fail(failed);
                break;
            case DrainProtocol.AbortTunnels:
                _carrier.Tell(TunnelProtocol.AbortTunnel.Instance);
                break;
            case FirstByteResult or Look:
                break; // Of the moment before.
            default:
                Unhandled(message);
                break;
        }
    }

    private void Establish(TunnelProtocol.TunnelEstablished established)
    {
        Timers.Cancel(Look.Instance);
        _carrier = established.Tunnel;
        _tunnel = established;
        _node.Meters.TunnelOpened(_listener.Name, _listener.Upstream, _node.Time.GetElapsedTime(_started));
        Become(Carried);
    }

    private void Carried(object message)
    {
        switch (message)
        {
            case TunnelProtocol.TunnelClosed closed:
                Close(closed.Result);
                break;
            case DrainProtocol.AbortTunnels:
                _carrier.Tell(TunnelProtocol.AbortTunnel.Instance);
                break;
            case TunnelProtocol.TunnelFailed or FirstByteResult or Look:
                break; // Of the moment before.
            default:
                Unhandled(message);
                break;
        }
    }

    private TunnelStatus Status() => new(
        ActorNames.PathOf(Self),
        _closed ? TunnelState.Closing : _tunnel is null ? TunnelState.Opening : TunnelState.Open,
        _listener.Name,
        _client.Source,
        AuthorityText,
        _listener.Upstream,
        _tunnel?.Route.Endpoint,
        _tunnel?.Route.Session,
        _tunnel?.Route.StreamId,
        _node.Time.GetElapsedTime(_started),
        _tunnel?.Progress.BytesSent ?? 0,
        _tunnel?.Progress.BytesReceived ?? 0);

    /// <summary>The application hears why, by HTTP/1.1, before its connection is closed.</summary>
    private void Answering(object message)
    {
        switch (message)
        {
            case Answered or DrainProtocol.AbortTunnels:
                Context.Stop(Self);
                break;
            case Look:
                break; // Of the moment before.
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>As it is sent; before that, what the client asked for.</summary>
    private string? AuthorityText => (_request?.Authority ?? _client.Authority)?.ToString();

    /// <summary>What the client is told: the terminator's own status where it sent one.</summary>
    private static ConnectFailure AnswerOf(TunnelProtocol.TunnelFailed failed) => failed switch
    {
        { Status: >= 400 and < 600 and var status } =>
            new ConnectFailure(failed.Reason, status, "http_request_error", failed.Side, "the terminator refused the tunnel"),
        { Reason: ConnectFailureReason.ConnectTimeout } => ConnectFailure.ConnectTimeout,
        { Reason: ConnectFailureReason.DnsTimeout } => ConnectFailure.DnsTimeout,
        { Reason: ConnectFailureReason.Draining } => ConnectFailure.Draining,
        { Reason: ConnectFailureReason.Overloaded } => ConnectFailure.Overloaded("too many tunnels"),
        _ => ConnectFailure.NoHealthyEndpoint,
    };

    private void Refuse(ConnectFailure failure, TunnelProtocol.TunnelFailed? failed, string detail, bool canAnswer)
    {
        if (failure.Reason == ConnectFailureReason.HeaderListTooLarge)
        {
            _node.Meters.LimitHit("header-list");
        }

        _node.Meters.TunnelFailed(_listener.Name, _listener.Upstream, failure.Reason);
        var end = TunnelEnd.ResetBy(failed?.Side ?? failure.Side, TunnelEndReason.ConnectFailed);
        Log(failed?.Route, canAnswer ? failure.Status : failed?.Status, failed?.Reason ?? failure.Reason, detail, end, end, default);
        if (!canAnswer)
        {
            Context.Stop(Self);
            return;
        }

        var answer = Http1ResponseWriter.Failure(failure.ToResponseFields(_node.Settings.Name), failure.ResponseBody);
        Timers.Cancel(Look.Instance);
        _connection.AnswerAndCloseAsync(answer, AnswerTimeout, _node.Environment.Pool, _node.Time, _stopped.Token)
            .PipeTo(Self, success: _ => Answered.Instance);
        Become(Answering);
    }

    private void Fail(TunnelProtocol.TunnelFailed failed)
    {
        _node.Meters.TunnelFailed(_listener.Name, _listener.Upstream, failed.Reason);
        if (failed.BytesSent > 0)
        {
            _node.Meters.BytesDelivered(_listener.Name, _listener.Upstream, ByteDirection.ToUpstream, failed.BytesSent);
        }

        var end = failed.ApplicationLeft ? TunnelEnd.ResetBy(GuiltySide.Downstream) : TunnelEnd.ResetBy(failed.Side, TunnelEndReason.ConnectFailed);
        Log(failed.Route, failed.Status, failed.Reason, failed.Detail, end, end, new RelayResult { BytesSent = failed.BytesSent });
        Context.Stop(Self);
    }

    private void Close(RelayResult result)
    {
        _closed = true;
        _node.Meters.BytesDelivered(_listener.Name, _listener.Upstream, ByteDirection.ToUpstream, result.BytesSent);
        _node.Meters.BytesDelivered(_listener.Name, _listener.Upstream, ByteDirection.ToDownstream, result.BytesReceived);
        var internalError = TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.InternalError);
        var known = result != default;
        Log(
            _tunnel!.Route,
            _tunnel.Status,
            null,
            null,
            known ? TunnelRelay.Explain(result.SendEnd, GuiltySide.Downstream, GuiltySide.Downstream, result.HalfClosed) : internalError,
            known ? TunnelRelay.Explain(result.ReceiveEnd, GuiltySide.Upstream, GuiltySide.Downstream, result.HalfClosed) : internalError,
            result);
        _node.Meters.TunnelClosed(_listener.Name, _listener.Upstream); // After its line: who counts none open finds every line.
        Context.Stop(Self);
    }

    private void Log(
        TunnelProtocol.TunnelRoute? route,
        int? status,
        ConnectFailureReason? reason,
        string? detail,
        TunnelEnd upstreamEnd,
        TunnelEnd downstreamEnd,
        RelayResult result) => _node.Environment.AccessLog(new AccessLogEntry
    {
        Time = _node.Time.GetUtcNow(),
        Listener = _listener.Name,
        DownstreamRemote = _client.Source,
        DownstreamLocal = _client.Destination,
        Authority = AuthorityText,
        Upstream = _listener.Upstream,
        Endpoint = route?.Endpoint.ToEndPoint(),
        Session = route?.Session,
        StreamId = route?.StreamId,
        BytesFromDownstream = result.BytesSent,
        BytesToUpstream = result.BytesSent,
        BytesFromUpstream = result.BytesReceived,
        BytesToDownstream = result.BytesReceived,
        Duration = _node.Time.GetElapsedTime(_started),
        Status = status,
        FailureReason = reason,
        FailureDetail = detail,
        UpstreamEnd = upstreamEnd,
        DownstreamEnd = downstreamEnd,
    });

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private sealed class Answered
    {
        public static readonly Answered Instance = new();
    }
}
