using System.Collections.Concurrent;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Sessions;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport.Http1;

/// <summary>
/// The server's side of an HTTP/1.1 connection that becomes one tunnel by CONNECT (RFC 9110 §9.3.6), in the place of a <see cref="SessionStage"/>: plaintext on one
/// side, the pipes of a <see cref="TunnelPort"/> on the other. Its handle takes the same commands and its actor gets the same messages; what an HTTP/1.1
/// connection has no word for (streams of ours, GOAWAY) is answered at once. A connection serves one request, refused or not.
/// </summary>
public sealed class Http1TunnelStage : GraphStageWithMaterializedValue<FlowShape<SliceQueue, SliceQueue>, SessionHandle>
{
    /// <summary>For a client to take a refusal and to end its side.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _lastBytesTimeout;
    private readonly BufferPool _pool;
    private readonly IActorRef _actor;
    private readonly TimeProvider _time;

    /// <param name="lastBytesTimeout">
    /// How long a client may take for the last bytes of a tunnel that is over; zero means for ever. How long a request may take is the actor's to decide, by
    /// <see cref="SessionHandle.Abort"/>.
    /// </param>
    /// <param name="pool">Blocks for heads that come in pieces, and for answers.</param>
    /// <param name="actor">Gets <see cref="SessionProtocol"/> messages.</param>
    /// <param name="time">Clock of the timeouts.</param>
    public Http1TunnelStage(TimeSpan lastBytesTimeout, BufferPool pool, IActorRef actor, TimeProvider time)
    {
        _lastBytesTimeout = lastBytesTimeout;
        _pool = pool;
        _actor = actor;
        _time = time;
    }

    /// <summary>Plaintext received. Its clean end is the client's; any other end must be a failure.</summary>
    public Inlet<SliceQueue> In { get; } = new("Http1Tunnel.in");

    /// <summary>Plaintext to send.</summary>
    public Outlet<SliceQueue> Out { get; } = new("Http1Tunnel.out");

    /// <inheritdoc />
    public override FlowShape<SliceQueue, SliceQueue> Shape => new(In, Out);

    /// <inheritdoc />
    public override ILogicAndMaterializedValue<SessionHandle> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this);
        return new LogicAndMaterializedValue<SessionHandle>(logic, logic.Handle);
    }

    private enum State
    {
        Reading,
        Asked,
        Tunnelling,
        Answering,
    }

    /// <remarks>
    /// <code>
    ///   Reading ──a request──▶ Asked ──2xx──▶ Tunnelling: each way on its own ──both ended cleanly──▶ complete
    ///      │                     └──any other answer──▶ Answering: the answer, our end; input is dropped ──inlet done──▶ complete
    ///      │                                                                                    └──too much, too long──▶ fail
    ///      └──no HTTP/1, inlet done, stop──▶ fail
    ///   Tunnelling:  inlet ──done──▶ receive pipe complete      send pipe ──clean, all bytes pushed──▶ outlet complete
    ///   Asked, Tunnelling ──inlet failed, outlet cancelled──▶ fail, the pipes with StreamReset
    ///        ──send pipe aborted, reset, abort──▶ fail          ──receive pipe cancelled──▶ fail, behind a clean end of the send pipe
    ///   Tunnelling ──outlet cancelled behind the client's end──▶ Tunnelling, receive only ──inlet done──▶ receive pipe complete, fail
    ///   fail: the transport resets the connection
    /// </code>
    /// </remarks>
    private sealed class Logic : InAndOutGraphStageLogic
    {
        /// <summary>What a refused client may still send before we stop listening (RFC 9112 §9.6).</summary>
        private const int MaxDiscarded = 256 * 1024;

        private readonly Http1TunnelStage _stage;
        private readonly ConcurrentQueue<SessionCommand> _commands = new();
        private readonly Http1HeadBuffer _head;
        private readonly SliceQueue _toSend = new();
        private readonly StageWakeUp _wakeUp;
        private State _state;
        private Http1TunnelPort? _port;
        private ITimer? _timer;
        private int _timerFired;
        private int _discarded;
        private Exception? _brokenBehindEnd;
        private bool _receiveEnded;
        private bool _sendEnded;
        private bool _ended;

        public Logic(Http1TunnelStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _head = new Http1HeadBuffer(stage._pool);
            _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
            Handle = new SessionHandle(_commands, _wakeUp, stage._time);
            SetHandlers(stage.In, stage.Out, this);
        }

        public SessionHandle Handle { get; }

        public override void PreStart() => Pull(_stage.In);

        public override void OnPush()
        {
            var received = Grab(_stage.In);
            switch (_state)
            {
                case State.Reading:
                    ReadHead(received);
                    break;
                case State.Answering:
                    Discard(received);
                    break;
                default:
                    Receive(received);
                    break;
            }

            Read();
        }

        public override void OnPull() => Flush();

        public override void OnUpstreamFinish()
        {
            _receiveEnded = true;
            if (_port is null)
            {
                Lost(new TransportException(TransportFault.Session, "the peer closed the connection before its request was whole"));
                return;
            }

            _port.Receive.Complete();
            _port.Tell(new TunnelPortProtocol.EndReceived());
            if (_brokenBehindEnd is not null)
            {
                Lost(_brokenBehindEnd);
                return;
            }

            WatchLastBytes(); // Where the outlet is complete as well, so is the stage.
        }

        public override void OnUpstreamFailure(Exception e) => Lost(e);

        public override void OnDownstreamFinish(Exception cause)
        {
            if (cause is TransportException { Fault: TransportFault.ResetAfterEnd } && _state == State.Tunnelling && !_receiveEnded)
            {
                // What the client sent is whole, and the transport has it still. It is lost for what comes from the origin.
                _brokenBehindEnd = cause;
                _sendEnded = true;
                _port!.Send.Cancel(PipeEnd.StreamReset);
            }
            else
            {
                Lost(cause);
            }
        }

        public override void PostStop()
        {
            _timer?.Dispose();
            End(SessionEndReason.Aborted, "the connection's stage was stopped", PipeEnd.Aborted);
            _head.Dispose();
            _toSend.Dispose();
        }

        private void OnWake()
        {
            _wakeUp.Begin();
            while (!_ended && _commands.TryDequeue(out var command))
            {
                Execute(command);
            }

            if (!_ended && Interlocked.Exchange(ref _timerFired, 0) == 1)
            {
                Abort("the client took too long for the last bytes");
            }

            if (!_ended && _state is State.Asked or State.Tunnelling)
            {
                Serve();
            }
        }

        private void Execute(SessionCommand command)
        {
            switch (command)
            {
                case SessionCommand.Respond { Fields: [{ Value: ['2', ..] }, ..] } when _state == State.Asked:
                    Establish();
                    break;
                case SessionCommand.Respond respond when _state == State.Asked:
                    Answer(respond.Fields, "");
                    break;
                case SessionCommand.RespondWith respond when _state == State.Asked:
                    Answer(respond.Fields, respond.Body);
                    break;
                case SessionCommand.Reset when _state != State.Answering:
                    Abort("the tunnel was given up");
                    break;
                case SessionCommand.Stop { Orderly: false } stop:
                    Abort(stop.Detail);
                    break;
                case SessionCommand.Stop when _state == State.Reading:
                    Abort("the connection was closed before its request was whole");
                    break;
                case SessionCommand.BeginGoAway:
                    _stage._actor.Tell(new SessionProtocol.GoAwayCompleted()); // There never is a second request.
                    break;
                case SessionCommand.Open open:
                    _stage._actor.Tell(new SessionProtocol.TunnelNotOpened(open.Token, ForGood: true));
                    break;
            }
        }

        private void ReadHead(SliceQueue received)
        {
            var head = _head.Read(received);
            if (head.Status == HeadStatus.Incomplete)
            {
                return;
            }

            if (head.Status == HeadStatus.Invalid)
            {
                received.Clear();
                End(SessionEndReason.PeerError, head.Reason!, PipeEnd.StreamReset);
                FailStage(TransportException.Aborted(head.Reason!));
                return;
            }

            _state = State.Asked;
            _port = new Http1TunnelPort(_wakeUp);
            _stage._actor.Tell(new SessionProtocol.PeerReady(1));
            if (head.Value is Http1Request.Connect connect)
            {
                HeaderField[] fields = [new(":method", "CONNECT"), new(":authority", connect.Authority)];
                _stage._actor.Tell(new SessionProtocol.TunnelRequested(_port, fields, HeaderListTooLarge: false));
                Receive(received);
            }
            else if (head.Value is Http1Request.Refused refused)
            {
                received.Clear();
                _stage._actor.Tell(new SessionProtocol.RequestRefused(_port, refused.Status, refused.Detail));
            }
        }

        private void Establish()
        {
            _state = State.Tunnelling;
            _toSend.Enqueue(Slice.Copy(_stage._pool, Http1ResponseWriter.Established.Span)); // Nothing was lent to the outlet so far.
            _port!.Send.SetOpen(true);
        }

        private void Answer(IReadOnlyList<HeaderField> fields, string body)
        {
            _state = State.Answering;
            _port!.Receive.Abort(PipeEnd.Aborted); // There is nobody to whom what came behind the request matters.
            _toSend.Enqueue(Slice.Copy(_stage._pool, Http1ResponseWriter.Failure(fields, body).Span));
            Arm(AnswerTimeout);
            Flush();
            Read();
        }

        private void Receive(SliceQueue received)
        {
            while (received.TryDequeue(out var slice))
            {
                _port!.Receive.Write(slice);
            }
        }

        private void Discard(SliceQueue received)
        {
            _discarded += received.Bytes;
            received.Clear();
            if (_discarded > MaxDiscarded)
            {
                Abort("the client did not stop to send");
            }
        }

        /// <summary>The relay's side: its ends, its bytes, and room for more.</summary>
        private void Serve()
        {
            if (_port!.Send.End is not (PipeEnd.Open or PipeEnd.Clean))
            {
                Abort("the tunnel was reset");
                return;
            }

            // The relay ends the send pipe before it cancels the other.
            if (_port.Receive.CancelledBy != PipeEnd.Open && (_sendEnded || _port.Send.End != PipeEnd.Clean))
            {
                Abort("the tunnel was reset");
                return;
            }

            Flush();
            Read();
            WatchLastBytes();
        }

        /// <summary>Asks for input where there is a place for it; else the receive pipe's wake-up goes on.</summary>
        private void Read()
        {
            if (!_ended && !IsClosed(_stage.In) && !HasBeenPulled(_stage.In)
                && (_state is State.Reading or State.Answering || _port!.Receive.WantsMore))
            {
                Pull(_stage.In);
            }
        }

        /// <summary>Hands on what is to be sent, once the transport took all of what came before; else its demand goes on.</summary>
        private void Flush()
        {
            if (_state is State.Reading or State.Asked || !IsAvailable(_stage.Out))
            {
                return;
            }

            var end = PipeEnd.Clean;
            if (_state == State.Tunnelling)
            {
                end = _port!.Send.End; // Read before the bytes: a clean end seen now has all its bytes in the pipe already.
                _port.Send.MoveTo(_toSend);
            }

            if (!_toSend.IsEmpty)
            {
                Push(_stage.Out, _toSend);
            }
            else if (end == PipeEnd.Clean)
            {
                _sendEnded = true;
                Complete(_stage.Out);
                if (_state == State.Tunnelling && _port!.Receive.CancelledBy != PipeEnd.Open)
                {
                    Abort("the tunnel was reset");
                }
            }
        }

        /// <summary>A tunnel that is over has no relay any more that would notice a client which does not read.</summary>
        private void WatchLastBytes()
        {
            if (_state != State.Tunnelling || _sendEnded || _timer is not null || _port!.Send.End != PipeEnd.Clean)
            {
                return;
            }

            if (_port.Receive.CancelledBy != PipeEnd.Open)
            {
                Arm(_port.EndDeliveryTimeout);
            }
            else if (_receiveEnded && _stage._lastBytesTimeout > TimeSpan.Zero)
            {
                Arm(_stage._lastBytesTimeout);
            }
        }

        private void Arm(TimeSpan due) => _timer = _stage._time.CreateTimer(
            static state =>
            {
                var logic = (Logic)state!;
                Volatile.Write(ref logic._timerFired, 1);
                logic._wakeUp.Wake();
            },
            this,
            due,
            Timeout.InfiniteTimeSpan);

        /// <summary>We end it: the client sees a reset, behind a clean end that went out before.</summary>
        private void Abort(string detail)
        {
            End(SessionEndReason.Aborted, detail, PipeEnd.Aborted);
            FailStage(new TransportException(_sendEnded ? TransportFault.AbortedAfterEnd : TransportFault.Aborted, detail));
        }

        /// <summary>The client or the network ended it.</summary>
        private void Lost(Exception cause)
        {
            var tls = cause is TransportException { Fault: TransportFault.Tls };
            End(tls ? SessionEndReason.TlsRefused : SessionEndReason.TransportLost, cause.Message, PipeEnd.StreamReset);
            FailStage(cause);
        }

        /// <summary>Tells the tunnel and then the actor, once. From its request on, how the connection ended is the tunnel's to tell.</summary>
        private void End(SessionEndReason reason, string detail, PipeEnd end)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            if (_port is not null)
            {
                _port.Receive.Abort(end);
                if (!_sendEnded)
                {
                    _port.Send.Cancel(end);
                }

                _port.Tell(end == PipeEnd.StreamReset
                    ? new TunnelPortProtocol.StreamWasReset(ErrorCode.ConnectError, ByPeer: true, detail)
                    : new TunnelPortProtocol.SessionWasLost());
            }

            _commands.Clear();

            // A relay that had ended our direction cleanly has counted bytes that are lost now; only this tells of it.
            var isTold = _state == State.Asked || (_receiveEnded && _sendEnded) || (_state == State.Tunnelling && _port!.Send.End != PipeEnd.Clean);
            _stage._actor.Tell(new SessionProtocol.SessionEnded(
                isTold ? SessionEndReason.Orderly : reason, ErrorCode.NoError, detail, ForeignProtocol.None, WasReady: _port is not null));
        }
    }
}
