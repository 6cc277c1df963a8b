using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Pipes;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport.Relay;

/// <summary>
/// The end of a tunnel at an application's or origin's socket: joined with the socket's stage, it moves bytes between that and the two
/// pipes to the session. Bytes are repaid when the socket took them; the socket is read only when the session wants more.
/// </summary>
public sealed class RelayStage : GraphStage<FlowShape<SliceQueue, SliceQueue>>
{
    private readonly RelayParts? _parts;

    /// <summary>The relay of one tunnel, to be run once.</summary>
    public RelayStage(RelayParts parts)
    {
        _parts = parts;
    }

    /// <summary>The relay of any tunnel: a graph that has it is run with <see cref="RelayParts"/> among its attributes, and as often as one likes.</summary>
    public RelayStage()
    {
    }

    /// <summary>Bytes read from the socket.</summary>
    public Inlet<SliceQueue> In { get; } = new("Relay.in");

    /// <summary>Bytes for the socket.</summary>
    public Outlet<SliceQueue> Out { get; } = new("Relay.out");

    /// <inheritdoc />
    public override FlowShape<SliceQueue, SliceQueue> Shape => new(In, Out);

    /// <inheritdoc />
    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, _parts ?? inheritedAttributes.GetAttribute<RelayParts>()!);

    /// <remarks>
    /// Each direction on its own; the relay ends when both have.
    /// <code>
    ///   send:     Open ──FIN──▶ Clean        ──socket reset──▶ ConnectionReset (both directions: the socket is dead)
    ///             Open ──socket reset behind its FIN──▶ Open, until that FIN is read; only receive is ConnectionReset
    ///             Open ──pipe cancelled──▶ StreamReset | SessionLost; the socket is aborted when receive has ended too
    ///   receive:  Open ──END_STREAM, all bytes pushed──▶ Clean (FIN)
    ///             Open ──pipe aborted──▶ StreamReset | SessionLost (at once, both directions)
    ///             none of it before the answer, see RelayParts.Ahead
    ///   both:     Open ──idle, drained, aborted by the actor──▶ that reason
    /// </code>
    /// </remarks>
    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly RelayStage _stage;
        private readonly RelayParts _parts;
        private readonly TunnelPipe _send;
        private readonly TunnelPipe _receive;
        private readonly SliceQueue _toSocket = new();
        private readonly StageWakeUp _wakeUp;
        private PipeEnd _sendEnd;
        private PipeEnd _receiveEnd;
        private int _inFlight;
        private bool _delivers;
        private bool _reported;
        private bool _timedOutHalfClosed;
        private ITimer? _idleTimer;
        private int _idleTimerFired;
        private long _lastActivity;

        public Logic(RelayStage stage, RelayParts parts)
            : base(stage.Shape)
        {
            _stage = stage;
            _parts = parts;
            _send = parts.Send;
            _receive = parts.Receive;
            _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
            if (!parts.Preamble.IsEmpty)
            {
                _toSocket.Enqueue(parts.Preamble);
            }

            SetHandlers(stage.In, stage.Out, this);
        }

        private RelayControl Control => _parts.Control;

        public override void PreStart()
        {
            Control.Attach(_wakeUp);
            BeginDelivering();
            _send.AttachProducer(_wakeUp);
            _receive.AttachConsumer(_wakeUp);
        }

        public override void OnPush()
        {
            var read = Grab(_stage.In);
            _lastActivity = _parts.Time.GetTimestamp();
            while (read.TryDequeue(out var slice))
            {
                var length = slice.Length;
                if (_send.Write(slice))
                {
                    Control.Progress.Sent(length);
                }
            }

            Read();
        }

        public override void OnPull()
        {
            if (_inFlight > 0)
            {
                Control.Progress.Received(_inFlight);
                _lastActivity = _parts.Time.GetTimestamp();
                _receive.Repay(_inFlight);
                _inFlight = 0;
            }

            Deliver();
        }

        public override void OnUpstreamFinish()
        {
            _send.Complete();
            if (_sendEnd == PipeEnd.Open)
            {
                // Where the session had cancelled, bytes were dropped: the application's end does not mend that.
                var cancelled = _send.CancelledBy;
                EndSend(cancelled == PipeEnd.Open ? PipeEnd.Clean : cancelled);
            }
        }

        public override void OnUpstreamFailure(Exception e) => SocketLost();

        public override void OnDownstreamFinish(Exception cause)
        {
            if (cause is TransportException { Fault: TransportFault.ResetAfterEnd } && _receiveEnd == PipeEnd.Open)
            {
                // What the socket still has ends cleanly. The pipe is cancelled behind that end: before it, that would reset the stream.
                _receiveEnd = PipeEnd.ConnectionReset;
                Finish();
            }
            else
            {
                SocketLost();
            }
        }

        public override void PostStop()
        {
            _idleTimer?.Dispose();
            _toSocket.Dispose();
            EndBoth(PipeEnd.Aborted);
        }

        private void OnWake()
        {
            _wakeUp.Begin();
            if (Control.Requested != PipeEnd.Open)
            {
                EndBoth(Control.Requested);
                return;
            }

            BeginDelivering();
            if (Interlocked.Exchange(ref _idleTimerFired, 0) == 1 && CheckIdle())
            {
                return;
            }

            Deliver();
            Read();
        }

        /// <summary>Where it did not before and may now. Silence counts from here on.</summary>
        private void BeginDelivering()
        {
            if (!_delivers && Control.MayDeliver)
            {
                _delivers = true;
                _lastActivity = _parts.Time.GetTimestamp();
                ArmIdleTimer();
            }
        }

        /// <summary>Socket → session: asks for a read where the session has room for it.</summary>
        private void Read()
        {
            if (_sendEnd != PipeEnd.Open)
            {
                return;
            }

            var cancelled = _send.CancelledBy;
            if (cancelled != PipeEnd.Open)
            {
                EndSend(cancelled);
            }
            else if (!HasBeenPulled(_stage.In) && !IsClosed(_stage.In) && _send.WantsMore)
            {
                Pull(_stage.In);
            }
        }

        /// <summary>Session → socket: pushes what the pipe has, where the socket has taken what came before.</summary>
        private void Deliver()
        {
            if (_receiveEnd != PipeEnd.Open || !_delivers)
            {
                return;
            }

            var end = _receive.End; // Read before the bytes: a clean end seen now has all its bytes in the pipe already.
            if (end is not (PipeEnd.Open or PipeEnd.Clean))
            {
                EndBoth(end);
                return;
            }

            if (!IsAvailable(_stage.Out))
            {
                return; // The socket's demand goes on.
            }

            _inFlight = _receive.MoveTo(_toSocket);
            if (!_toSocket.IsEmpty)
            {
                Push(_stage.Out, _toSocket);
            }
            else if (end == PipeEnd.Clean)
            {
                Complete(_stage.Out);
                _receiveEnd = PipeEnd.Clean;
                Finish();
            }
        }

        private void EndSend(PipeEnd end)
        {
            _sendEnd = end;
            Finish();
        }

        private void SocketLost() => EndBoth(PipeEnd.ConnectionReset);

        /// <summary>Ends whatever has not ended yet, now.</summary>
        private void EndBoth(PipeEnd end)
        {
            if (_sendEnd == PipeEnd.Open)
            {
                _sendEnd = end;
            }

            if (_receiveEnd == PipeEnd.Open)
            {
                _receiveEnd = end;
            }

            Finish();
        }

        private void Finish()
        {
            if (_reported)
            {
                return;
            }

            if (_sendEnd == PipeEnd.Open || _receiveEnd == PipeEnd.Open)
            {
                // The other direction goes on, and has the whole timeout of a half-closed tunnel from this end on.
                _lastActivity = _parts.Time.GetTimestamp();
                ArmIdleTimer();
                return;
            }

            _reported = true;
            if (_sendEnd != PipeEnd.Clean)
            {
                _send.Abort(_sendEnd);
            }

            if (_receiveEnd != PipeEnd.Clean)
            {
                _receive.Cancel(_receiveEnd);
            }

            _parts.Ended(new RelayResult(Control.Progress.BytesSent, Control.Progress.BytesReceived, _sendEnd, _receiveEnd, _timedOutHalfClosed));
            if (_sendEnd != PipeEnd.Clean || _receiveEnd != PipeEnd.Clean)
            {
                // The socket's stage aborts on either, and awaits the delivery of a FIN that went out before.
                FailStage(TransportException.Aborted("the tunnel was reset"));
            }
        }

        private TimeSpan? CurrentTimeout
        {
            get
            {
                var halfClosed = _sendEnd != PipeEnd.Open || _receiveEnd != PipeEnd.Open;
                var timeout = halfClosed ? _parts.Timeouts.HalfClosedIdle : _parts.Timeouts.Idle;
                return timeout > TimeSpan.Zero && _delivers ? timeout : null;
            }
        }

        private void ArmIdleTimer()
        {
            var due = CurrentTimeout ?? Timeout.InfiniteTimeSpan;
            if (_idleTimer is not null)
            {
                _idleTimer.Change(due, Timeout.InfiniteTimeSpan);
            }
            else if (due != Timeout.InfiniteTimeSpan)
            {
                _idleTimer = _parts.Time.CreateTimer(
                    static state => ((Logic)state!).IdleTimerFired(), this, due, Timeout.InfiniteTimeSpan);
            }
        }

        /// <summary>On a thread of the clock.</summary>
        private void IdleTimerFired()
        {
            Volatile.Write(ref _idleTimerFired, 1);
            _wakeUp.Wake();
        }

        /// <summary>True when the tunnel has been silent for too long, and was ended.</summary>
        private bool CheckIdle()
        {
            if (_idleTimer is null || CurrentTimeout is not { } timeout)
            {
                return false;
            }

            var left = timeout - _parts.Time.GetElapsedTime(_lastActivity);
            if (left > TimeSpan.Zero)
            {
                _idleTimer.Change(left, Timeout.InfiniteTimeSpan);
                return false;
            }

            _timedOutHalfClosed = _sendEnd != PipeEnd.Open || _receiveEnd != PipeEnd.Open;
            EndBoth(PipeEnd.IdleTimeout);
            return true;
        }
    }
}
