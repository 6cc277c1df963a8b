using System.Globalization;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>
/// A CONNECT stream that we opened: waits for the answer, then relays. With early data it relays to the terminator as soon as the application's first byte is there, so it is Accepted
/// while that wait is being ended, or Ahead of the answer.
/// <code>
///   AwaitingAnswer ──2xx──▶ (Accepted ──▶) Relaying ──both directions ended──▶ stopped
///        ├──first byte──▶ Ahead ──2xx──▶ Relaying; ──anything else──▶ the relay resets both sides ──▶ stopped; no other try
///        ├──refused unseen or for the terminator's own sake, session lost──▶ stopped; the request goes back for another try
///        ├──any other status or reset, no answer in time──▶ stopped; the requester still holds the connection, unread
///        └──the requester is gone──▶ Abandoned ──answer, reset, session lost, no answer in time, Retire──▶ stopped
/// </code>
/// </summary>
internal sealed class ClientTunnelActor : UntypedActor, IWithTimers
{
    private readonly TunnelProtocol.OpenTunnel _request;
    private readonly TunnelPort _port;
    private readonly SessionHandle _session;
    private readonly TimeSpan _answerTimeout;
    private readonly NodeContext _node;
    private readonly TunnelProtocol.TunnelRoute _route;
    private readonly AbandonedStreams _abandoned;
    private RelayControl? _relay;
    private TunnelProtocol.TunnelFailed? _lost;
    private int _status;
    private bool _waitsForFirstByte;
    private bool _isAbandoned;
    private bool _finished;
    private bool _isEstablished;
    private RelayResult _result;

    public ClientTunnelActor(
        TunnelProtocol.OpenTunnel request,
        TunnelPort port,
        SessionHandle session,
        EndpointAddress endpoint,
        TimeSpan answerTimeout,
        AbandonedStreams abandoned,
        NodeContext node)
    {
        _abandoned = abandoned;
        _request = request;
        _port = port;
        _session = session;
        _answerTimeout = answerTimeout;
        _node = node;
        _route = new TunnelProtocol.TunnelRoute(endpoint, ActorNames.PathOf(Context.Parent), port.StreamId);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        TunnelProtocol.OpenTunnel request,
        TunnelPort port,
        SessionHandle session,
        EndpointAddress endpoint,
        TimeSpan answerTimeout,
        AbandonedStreams abandoned,
        NodeContext node) =>
        Akka.Actor.Props.CreateBy(new ActorFactory<ClientTunnelActor>(() => new ClientTunnelActor(request, port, session, endpoint, answerTimeout, abandoned, node)));

    protected override void PreStart()
    {
        Context.Watch(_request.Requester);
        _port.SetOwner(Self);
        Timers.StartSingleTimer(AnswerTimeout.Instance, AnswerTimeout.Instance, _answerTimeout);
        _waitsForFirstByte = _request.FirstByte is not null;
        _request.FirstByte?.Result.PipeTo(Self);
    }

    protected override void PostStop()
    {
        _relay?.Abort(PipeEnd.Aborted);
        if (_relay is null)
        {
            _port.Receive.Cancel(PipeEnd.Aborted); // Nobody will read what came; resets the stream where it is still open.
        }

        if (_isAbandoned)
        {
            _abandoned.Release();
        }

        if (!_finished)
        {
            Fail(Failure(ConnectFailureReason.Abandoned, "the tunnel's actor was stopped", GuiltySide.Us));
        }
        else if (_isEstablished)
        {
            _request.Requester.Tell(new TunnelProtocol.TunnelClosed(_result)); // Also where this actor failed: nobody watches it.
        }
    }

    /// <summary>AwaitingAnswer.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TunnelPortProtocol.ResponseReceived response:
                Answered(response);
                break;
            case FirstByteResult.Readable:
                _request.Requester.Tell(new TunnelProtocol.TunnelBegun(Self));
                StartRelay(ahead: true);
                Become(Ahead);
                break;
            case FirstByteResult.Broken:
                break; // The requester is about to go.
            case FirstByteResult:
                _waitsForFirstByte = false; // The system cannot wait for it: without early data then.
                break;
            case TunnelPortProtocol.StreamWasReset { ByPeer: true, Code: ErrorCode.RefusedStream } reset:
                Return(WasReset(reset), bySession: true);
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.StreamWasReset reset:
                Fail(WasReset(reset));
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.SessionWasLost:
                // No byte of the application was read, so a second CONNECT cannot repeat any.
                Return(SessionLost(), bySession: false);
                Context.Stop(Self);
                break;
            case AnswerTimeout:
                GiveUpOnAnswer();
                Fail(Unanswered());
                Context.Stop(Self);
                break;
            case Terminated:
                RequesterGone();
                break;
            case TunnelPortProtocol.EndReceived or ClientSessionProtocol.Retire:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Its application left, or the drain reached its deadline: the requester is gone, and with it the connection.</summary>
    private void RequesterGone()
    {
        _finished = true;
        if (!_node.IsDraining)
        {
            if (_abandoned.TryKeep())
            {
                _isAbandoned = true;
                Become(Abandoned);
                return;
            }

            _node.Meters.LimitHit("abandoned-streams");
        }

        ResetUnanswered();
        Context.Stop(Self);
    }

    /// <summary>
    /// The application's bytes go out, and nothing goes to it: what came may be the body of a refusal. What was read is gone with the stream, so there is no other try.
    /// </summary>
    private void Ahead(object message)
    {
        switch (message)
        {
            case TunnelPortProtocol.ResponseReceived response:
                AnsweredAhead(response);
                break;
            case TunnelPortProtocol.StreamWasReset reset:
                Lose(WasReset(reset), PipeEnd.StreamReset);
                break;
            case TunnelPortProtocol.SessionWasLost:
                Lose(SessionLost(), PipeEnd.SessionLost);
                break;
            case AnswerTimeout:
                _node.Meters.LimitHit("answer-timeout");
                Lose(Unanswered(), PipeEnd.Aborted, isReset: true);
                break;
            case TunnelProtocol.AbortTunnel or Terminated: // Where the requester went away, it did before it heard of the relay.
                Lose(Drained(), PipeEnd.Drained, isReset: true);
                break;
            case TunnelRelay.RelayEnded ended:
                if (_lost is null)
                {
                    Lose(OfRelay(ended.Result), PipeEnd.Aborted, isReset: true);
                }

                Fail(_lost! with { BytesSent = ended.Result.BytesSent });
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.EndReceived or ClientSessionProtocol.Retire:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void AnsweredAhead(TunnelPortProtocol.ResponseReceived response)
    {
        Timers.Cancel(AnswerTimeout.Instance);
        var status = StatusOf(response);
        if (!IsSuccess(status))
        {
            Lose(Rejected(response, status), PipeEnd.StreamReset);
        }
        else if (_lost is null)
        {
            _relay!.Deliver();
            Establish(status);
        }
    }

    /// <summary>Its relay is to end, and the requester hears of the failure when it has.</summary>
    /// <param name="failure">Of failures that follow each other the first one counts.</param>
    /// <param name="end">Of the relay, where it has not ended yet.</param>
    /// <param name="isReset">The stream is reset without an answer by it.</param>
    private void Lose(TunnelProtocol.TunnelFailed failure, PipeEnd end, bool isReset = false)
    {
        if (_lost is null)
        {
            _lost = failure;
            Timers.Cancel(AnswerTimeout.Instance);
            _relay!.Abort(end);
            if (isReset)
            {
                Context.Parent.Tell(ClientSessionProtocol.ResetUnanswered.Instance);
            }
        }
    }

    /// <summary>A 2xx came before the first byte. Two may not wait at one socket, so the relay begins when the wait for that byte is over.</summary>
    private void Accepted(object message)
    {
        switch (message)
        {
            case FirstByteResult.Broken:
                break; // The requester is about to go.
            case FirstByteResult:
                StartRelay(ahead: false);
                Establish(_status);
                break;
            case Terminated:
                _finished = true;
                _session.Reset(_port, ErrorCode.ConnectError);
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.EndReceived or TunnelPortProtocol.StreamWasReset or TunnelPortProtocol.SessionWasLost or ClientSessionProtocol.Retire:
                break; // The relay will learn of an end from the pipes.
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Waits for the answer only because terminators count resets without one.</summary>
    private void Abandoned(object message)
    {
        switch (message)
        {
            case TunnelPortProtocol.ResponseReceived response when IsSuccess(StatusOf(response)):
                _session.Reset(_port, ErrorCode.ConnectError); // Also where END_STREAM came: ours would be a clean end for the origin.
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.ResponseReceived response:
                Close(response);
                Context.Stop(Self);
                break;
            case AnswerTimeout:
                GiveUpOnAnswer();
                Context.Stop(Self);
                break;
            case ClientSessionProtocol.Retire:
                ResetUnanswered();
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.StreamWasReset or TunnelPortProtocol.SessionWasLost:
                Context.Stop(Self);
                break;
            case TunnelPortProtocol.EndReceived or FirstByteResult:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void GiveUpOnAnswer()
    {
        _node.Meters.LimitHit("answer-timeout");
        ResetUnanswered();
    }

    private void ResetUnanswered()
    {
        _session.Reset(_port, ErrorCode.Cancel);
        Context.Parent.Tell(ClientSessionProtocol.ResetUnanswered.Instance);
    }

    private void Answered(TunnelPortProtocol.ResponseReceived response)
    {
        Timers.Cancel(AnswerTimeout.Instance);
        var status = StatusOf(response);
        if (IsSuccess(status))
        {
            if (_waitsForFirstByte)
            {
                _request.FirstByte!.Stop();
                _status = status;
                Become(Accepted);
                return;
            }

            StartRelay(ahead: false);
            Establish(status);
            return;
        }

        Close(response);
        var failure = Rejected(response, status);
        if (status == 503 && ProxyStatusField.ErrorOfNearest(response.Fields) is "destination_unavailable" or "connection_limit_reached")
        {
            Return(failure, bySession: false); // It drains or is overloaded: that says nothing of the origin, which another may reach.
        }
        else
        {
            Fail(failure);
        }

        Context.Stop(Self);
    }

    private void StartRelay(bool ahead) => _relay = TunnelRelay.Start(_request.Connection, _port, _request.Settings, _node, Context, _request.Greeting, ahead);

    private void Establish(int status)
    {
        _finished = true;
        _isEstablished = true;
        _request.Requester.Tell(new TunnelProtocol.TunnelEstablished(Self, _route, status, _relay!.Progress));
        Become(Relaying);
    }

    /// <summary>Ends a stream that was answered and that no relay will use.</summary>
    private void Close(TunnelPortProtocol.ResponseReceived response)
    {
        if (response.EndStream)
        {
            _session.End(_port); // Answers END_STREAM with END_STREAM, not with a reset.
        }
        else
        {
            _session.Reset(_port, ErrorCode.Cancel);
        }
    }

    private void Relaying(object message)
    {
        switch (message)
        {
            case TunnelRelay.RelayEnded ended:
                _result = ended.Result;
                Context.Stop(Self);
                break;
            case TunnelProtocol.AbortTunnel or Terminated: // Where the requester went away, it did before it heard of the tunnel.
                _relay!.Abort(PipeEnd.Drained);
                break;
            case TunnelPortProtocol.EndReceived or TunnelPortProtocol.StreamWasReset or TunnelPortProtocol.SessionWasLost:
                break; // The relay learns these from the pipes, behind the bytes that came before.
            case ClientSessionProtocol.Retire:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private TunnelProtocol.TunnelFailed Rejected(TunnelPortProtocol.ResponseReceived response, int status) =>
        Failure(ConnectFailureReason.RejectedByTerminator, DetailOf(response.Fields), GuiltySide.Upstream, status);

    private TunnelProtocol.TunnelFailed WasReset(TunnelPortProtocol.StreamWasReset reset) =>
        Failure(ConnectFailureReason.RejectedByTerminator, $"the stream was reset: {reset.Code}", GuiltySide.Upstream);

    private TunnelProtocol.TunnelFailed SessionLost() => Failure(ConnectFailureReason.SessionLost, "the session was lost", GuiltySide.Session);

    private TunnelProtocol.TunnelFailed Unanswered() =>
        Failure(ConnectFailureReason.ConnectTimeout, "the terminator did not answer in time", GuiltySide.Upstream);

    private TunnelProtocol.TunnelFailed Drained() => Failure(ConnectFailureReason.Draining, "the drain reached its deadline", GuiltySide.Us);

    /// <summary>Of a relay that nobody has aborted: the application reset its connection, or the relay went with its actor system.</summary>
    private TunnelProtocol.TunnelFailed OfRelay(RelayResult result) => result.ReceiveEnd == PipeEnd.ConnectionReset
        ? TunnelProtocol.TunnelFailed.OfApplication(_route)
        : Failure(ConnectFailureReason.Abandoned, "the tunnel's relay was stopped", GuiltySide.Us);

    private TunnelProtocol.TunnelFailed Failure(ConnectFailureReason reason, string detail, GuiltySide side, int? status = null) =>
        new(reason, detail, side, _route, status);

    private void Fail(TunnelProtocol.TunnelFailed failure)
    {
        _finished = true;
        _request.Requester.Tell(failure);
    }

    private void Return(TunnelProtocol.TunnelFailed failure, bool bySession)
    {
        _finished = true;
        Context.Parent.Tell(new ClientSessionProtocol.TunnelRefused(_request, failure, bySession));
    }

    private static int StatusOf(TunnelPortProtocol.ResponseReceived response) => int.Parse(response.Fields[0].Value, CultureInfo.InvariantCulture);

    private static bool IsSuccess(int status) => status is >= 200 and < 300;

    private static string DetailOf(IReadOnlyList<HeaderField> fields)
    {
        foreach (var field in fields)
        {
            if (field.Name == "proxy-status")
            {
                return field.Value;
            }
        }

        return "";
    }

    private sealed class AnswerTimeout
    {
        public static readonly AnswerTimeout Instance = new();
    }
}
