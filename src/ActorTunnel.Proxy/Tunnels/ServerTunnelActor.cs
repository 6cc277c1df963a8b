using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sessions;
using Akka.Actor;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>
/// A CONNECT stream that the peer opened, or an HTTP/1.1 CONNECT.
/// <code>
///   admission ──refused──▶ Refusing (its status is sent) ──END_STREAM, reset, or a second──▶ stopped
///       └──admitted──▶ Dialing ──connected──▶ 200, Relaying ──both directions ended──▶ stopped
///                         ├──failed──▶ Refusing
///                         └──reset, session lost──▶ Abandoned: the dial's result is awaited and reset ──▶ stopped
/// </code>
/// </summary>
internal sealed class ServerTunnelActor : UntypedActor, IWithTimers
{
    private static readonly HeaderField[] Accepted = [new(":status", "200")];

    private static readonly TimeSpan RefusalWait = TimeSpan.FromSeconds(1);

    private readonly ServerTunnelContext _context;
    private readonly TunnelPort _port;
    private readonly IReadOnlyList<HeaderField> _fields;
    private readonly ConnectFailure? _refused;
    private readonly NodeContext _node;
    private readonly long _started;
    private string? _upstream;
    private EndpointAddress? _endpoint;
    private RelayControl? _relay;
    private bool _logged;

    public ServerTunnelActor(ServerTunnelContext context, TunnelPort port, IReadOnlyList<HeaderField> fields, ConnectFailure? refused)
    {
        _context = context;
        _node = context.Node;
        _port = port;
        _fields = fields;
        _refused = refused;
        _started = _node.Time.GetTimestamp();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="context">The session's.</param>
    /// <param name="port">The tunnel's.</param>
    /// <param name="fields">The request; empty where it could not be read.</param>
    /// <param name="refused">What is wrong with the request as it stands, or null.</param>
    public static Props Props(ServerTunnelContext context, TunnelPort port, IReadOnlyList<HeaderField> fields, ConnectFailure? refused) =>
        Akka.Actor.Props.CreateBy(new ActorFactory<ServerTunnelActor>(() => new ServerTunnelActor(context, port, fields, refused)));

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
        _port.SetOwner(Self);
        if (Admit() is { } failure)
        {
            Refuse(failure);
        }
    }

    protected override void PostStop()
    {
        _node.TunnelOver();
        _relay?.Abort(PipeEnd.Aborted);
        if (_relay is null)
        {
            _port.Receive.Cancel(PipeEnd.Aborted); // What came early is dropped; resets the stream where it is still open.
        }

        if (_endpoint is not null)
        {
            _node.Upstreams[_upstream!].Tell(new OriginProtocol.ReleaseEndpoint(_endpoint));
        }

        if (!_logged)
        {
            var end = TunnelEnd.ResetBy(GuiltySide.Us, TunnelEndReason.InternalError);
            Log(null, ConnectFailureReason.Abandoned, "the tunnel's actor was stopped", end, end, default);
        }
    }

    /// <summary>Starts the dial, or says why there is none.</summary>
    private ConnectFailure? Admit()
    {
        if (_refused is not null)
        {
            if (_refused.Reason == ConnectFailureReason.HeaderListTooLarge)
            {
                _node.Meters.LimitHit("header-list");
            }

            return _refused;
        }

        if (!Admission.TryAdmit(_fields, _context.Routes, out _upstream, out var failure))
        {
            return failure;
        }

        if (_node.IsDraining)
        {
            return ConnectFailure.Draining;
        }

        if (_node.IsOutOfBuffers)
        {
            _node.Meters.LimitHit("buffers");
            return ConnectFailure.Overloaded("out of buffers");
        }

        _node.Upstreams[_upstream].Tell(
            new OriginProtocol.DialOrigin(_context.Client.Source?.Address, _context.Dials, TunnelRelay.OptionsOf(_context.Listener.Tunnel)));
        return null;
    }

    /// <summary>Dialing.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case OriginProtocol.OriginConnected connected:
                Relay(connected);
                break;
            case OriginProtocol.DialFailed failed:
                Refuse(failed.Failure);
                break;
            case TunnelPortProtocol.StreamWasReset reset:
                Abandon(GuiltySide.Downstream, TunnelEndReason.None, $"the stream was reset: {reset.Code}");
                break;
            case TunnelPortProtocol.SessionWasLost:
                Abandon(GuiltySide.Session, TunnelEndReason.SessionLost, "the session was lost");
                break;
            case TunnelProtocol.AbortTunnel:
                _context.Session.Reset(_port, ErrorCode.Cancel);
                Abandon(GuiltySide.Us, TunnelEndReason.Drain, "the drain reached its deadline");
                break;
            case TunnelPortProtocol.EndReceived:
                break; // The relay will see it in the pipe.
            default:
                Unhandled(message);
                break;
        }
    }

    private void Relay(OriginProtocol.OriginConnected connected)
    {
        _endpoint = connected.Endpoint;
        _context.Session.Respond(_port, Accepted, endStream: false);
        var client = ProxyHeader.Of(_context.Client.Source, _context.Client.Destination);
        var preamble = connected.ProxyProtocol switch
        {
            SendProxyProtocol.V1 => ProxyProtocolWriter.Write(client, ProxyProtocolVersion.V1),
            SendProxyProtocol.V2 => ProxyProtocolWriter.Write(client, ProxyProtocolVersion.V2),
            _ => default,
        };
        _relay = TunnelRelay.Start(connected.Connection, _port, _context.Listener.Tunnel, _node, Context, preamble);
        _node.Meters.TunnelOpened(_context.Listener.Name, _upstream!, _node.Time.GetElapsedTime(_started));
        Become(Relaying);
    }

    private void Refuse(ConnectFailure failure)
    {
        var fields = failure.ToResponseFields(_node.Settings.Name);
        if (failure.ResponseBody.Length > 0)
        {
            _context.Session.RespondWith(_port, fields, failure.ResponseBody);
        }
        else
        {
            _context.Session.Respond(_port, fields, endStream: true);
        }

        _node.Meters.TunnelFailed(_context.Listener.Name, _upstream, failure.Reason);
        var end = TunnelEnd.ResetBy(failure.Side, TunnelEndReason.ConnectFailed);
        Log(failure.Status, failure.Reason, failure.Detail, end, end, default);
        if (_port.Receive.End != PipeEnd.Open)
        {
            Context.Stop(Self);
            return;
        }

        Timers.StartSingleTimer(RefusalTimeout.Instance, RefusalTimeout.Instance, RefusalWait);
        Become(Refusing);
    }

    /// <summary>The peer may answer END_STREAM; where it does not, the stream is taken from it.</summary>
    private void Refusing(object message)
    {
        switch (message)
        {
            case TunnelPortProtocol.EndReceived or TunnelPortProtocol.StreamWasReset or TunnelPortProtocol.SessionWasLost or TunnelProtocol.AbortTunnel:
                Context.Stop(Self);
                break;
            case RefusalTimeout:
                _context.Session.Reset(_port, ErrorCode.NoError);
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Relaying(object message)
    {
        switch (message)
        {
            case TunnelRelay.RelayEnded ended:
                Close(ended.Result);
                break;
            case TunnelProtocol.AbortTunnel:
                _relay!.Abort(PipeEnd.Drained);
                break;
            case TunnelPortProtocol.EndReceived or TunnelPortProtocol.StreamWasReset or TunnelPortProtocol.SessionWasLost:
                break; // The relay learns these from the pipes, behind the bytes that came before.
            default:
                Unhandled(message);
                break;
        }
    }

    private void Close(RelayResult result)
    {
        _node.Meters.BytesDelivered(_context.Listener.Name, _upstream!, ByteDirection.ToUpstream, result.BytesReceived);
        _node.Meters.BytesDelivered(_context.Listener.Name, _upstream!, ByteDirection.ToDownstream, result.BytesSent);
        Log(
            200,
            null,
            null,
            TunnelRelay.Explain(result.ReceiveEnd, GuiltySide.Downstream, GuiltySide.Upstream, result.HalfClosed),
            TunnelRelay.Explain(result.SendEnd, GuiltySide.Upstream, GuiltySide.Upstream, result.HalfClosed),
            result);
        _node.Meters.TunnelClosed(_context.Listener.Name, _upstream!); // After its line: who counts none open finds every line.
        Context.Stop(Self);
    }

    private void Abandon(GuiltySide side, TunnelEndReason reason, string detail)
    {
        _node.Meters.TunnelFailed(_context.Listener.Name, _upstream, ConnectFailureReason.Abandoned);
        var end = TunnelEnd.ResetBy(side, reason);
        Log(null, ConnectFailureReason.Abandoned, detail, end, end, default);
        Become(Abandoned);
    }

    private void Abandoned(object message)
    {
        switch (message)
        {
            case OriginProtocol.OriginConnected connected:
                _endpoint = connected.Endpoint;
                connected.Connection.Reset();
                Context.Stop(Self);
                break;
            case OriginProtocol.DialFailed:
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.EndReceived or TunnelPortProtocol.StreamWasReset or TunnelPortProtocol.SessionWasLost or TunnelProtocol.AbortTunnel:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private TunnelStatus Status() => new(
        ActorNames.PathOf(Self),
        _logged ? TunnelState.Closing : _relay is null ? TunnelState.Opening : TunnelState.Open,
        _context.Listener.Name,
        _context.Client.Source,
        Admission.AuthorityOf(_fields),
        _upstream,
        _endpoint,
        ActorNames.PathOf(Context.Parent),
        _port.StreamId,
        _node.Time.GetElapsedTime(_started),
        _relay?.Progress.BytesReceived ?? 0,
        _relay?.Progress.BytesSent ?? 0);

    private void Log(
        int? status, ConnectFailureReason? reason, string? detail, TunnelEnd upstreamEnd, TunnelEnd downstreamEnd, RelayResult result)
    {
        _logged = true;
        _node.Environment.AccessLog(new AccessLogEntry
        {
            Time = _node.Time.GetUtcNow(),
            Listener = _context.Listener.Name,
            DownstreamRemote = _context.Client.Source,
            DownstreamLocal = _context.Client.Destination,
            Authority = Admission.AuthorityOf(_fields),
            Upstream = _upstream,
            Endpoint = _endpoint?.ToEndPoint(),
            Session = ActorNames.PathOf(Context.Parent),
            StreamId = _port.StreamId,
            BytesFromDownstream = result.BytesReceived,
            BytesToUpstream = result.BytesReceived,
            BytesFromUpstream = result.BytesSent,
            BytesToDownstream = result.BytesSent,
            Duration = _node.Time.GetElapsedTime(_started),
            Status = status,
            FailureReason = reason,
            FailureDetail = detail,
            UpstreamEnd = upstreamEnd,
            DownstreamEnd = downstreamEnd,
        });
    }

    private sealed class RefusalTimeout
    {
        public static readonly RefusalTimeout Instance = new();
    }
}
