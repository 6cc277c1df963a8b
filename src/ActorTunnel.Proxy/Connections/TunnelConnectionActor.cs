using System.Collections.Immutable;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Connections;

/// <summary>
/// An application's connection to an encapsulator: asks the upstream for a tunnel, holds the connection unread until there is one, and writes the
/// access log.
/// <code>
///   Opening ──established──▶ Carried ──closed──▶ stopped
///      ├──refused, safe to retry──▶ Opening, on another session
///      └──failed──▶ the connection is reset ──▶ stopped
/// </code>
/// </summary>
internal sealed class TunnelConnectionActor : ReceiveActor
{
    /// <summary>Attempts for one connection: a second session and a second endpoint are worth it, a storm is not.</summary>
    private const int MaxAttempts = 3;

    private readonly TunnelListenerSettings _listener;
    private readonly TcpConnection _connection;
    private readonly IReadOnlyList<HeaderField> _fields;
    private readonly NodeContext _node;
    private readonly long _started;
    private readonly List<IActorRef> _tried = [];
    private TunnelProtocol.TunnelEstablished? _tunnel;
    private bool _draining;
    private bool _closed;

    public TunnelConnectionActor(
        TcpConnection connection, TunnelListenerSettings listener, IReadOnlyList<HeaderField> fields, NodeContext node)
    {
        _connection = connection;
        _listener = listener;
        _fields = fields;
        _node = node;
        _started = node.Time.GetTimestamp();
        Opening();
    }

    public static Props Props(
        TcpConnection connection, TunnelListenerSettings listener, IReadOnlyList<HeaderField> fields, NodeContext node) =>
        Akka.Actor.Props.Create(() => new TunnelConnectionActor(connection, listener, fields, node));

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
                ConnectFailureReason.Overloaded, "out of buffers", GuiltySide.Us, null, null, null));
            return;
        }

        Ask();
    }

    protected override void PostStop()
    {
        _node.TunnelOver();
        if (_tunnel is null)
        {
            _connection.Reset(); // Nobody carries it: never a clean close.
        }
        else if (!_closed)
        {
            _tunnel.Tunnel.Tell(TunnelProtocol.AbortTunnel.Instance);
        }
    }

    private void Opening()
    {
        Receive<TunnelProtocol.TunnelEstablished>(established =>
        {
            _tunnel = established;
            Context.Watch(established.Tunnel);
            _node.Meters.TunnelOpened(_listener.Name, _listener.Upstream, _node.Time.GetElapsedTime(_started));
            Become(Carried);
            if (_draining && _node.IsDraining)
            {
                established.Tunnel.Tell(TunnelProtocol.AbortTunnel.Instance);
            }
        });
        Receive<TunnelProtocol.TunnelFailed>(failed =>
        {
            if (failed.RetryWithout is { } session && _tried.Count + 1 < MaxAttempts && !_draining)
            {
                _tried.Add(session);
                Ask();
            }
            else
            {
                Fail(failed);
            }
        });
        Receive<DrainProtocol.AbortTunnels>(_ => _draining = true);
    }

    private void Carried()
    {
        Receive<TunnelProtocol.TunnelClosed>(closed => Close(closed.Result));
        Receive<Terminated>(_ => Close(default)); // Its actor failed; the relay was aborted with it.
        Receive<DrainProtocol.AbortTunnels>(_ => _tunnel!.Tunnel.Tell(TunnelProtocol.AbortTunnel.Instance));
        Receive<TunnelProtocol.TunnelFailed>(_ => { });
    }

    private TunnelStatus Status() => new(
        ActorNames.PathOf(Self),
        _closed ? TunnelState.Closing : _tunnel is null ? TunnelState.Opening : TunnelState.Open,
        _listener.Name,
        _connection.Remote,
        _listener.Authority.ToString(),
        _listener.Upstream,
        _tunnel?.Route.Endpoint,
        _tunnel?.Route.Session,
        _tunnel?.Route.StreamId,
        _node.Time.GetElapsedTime(_started),
        _tunnel?.Progress.BytesSent ?? 0,
        _tunnel?.Progress.BytesReceived ?? 0);

    private void Ask() => _node.Upstreams[_listener.Upstream].Tell(
        new TunnelProtocol.OpenTunnel(Self, _connection, _fields, _listener.Tunnel, _tried.ToImmutableArray()));

    private void Fail(TunnelProtocol.TunnelFailed failed)
    {
        _node.Meters.TunnelFailed(_listener.Name, _listener.Upstream, failed.Reason);
        var end = TunnelEnd.ResetBy(failed.Side, TunnelEndReason.ConnectFailed);
        Log(failed.Route, failed.Status, failed.Reason, failed.Detail, end, end, default);
        Context.Stop(Self);
    }

    private void Close(RelayResult result)
    {
        _closed = true;
        _node.Meters.TunnelClosed(_listener.Name, _listener.Upstream);
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
        DownstreamRemote = _connection.Remote,
        DownstreamLocal = _connection.Local,
        Authority = _listener.Authority.ToString(),
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
}
