using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Session;
using ActorTunnel.Transport.Loops;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport.Sessions;

/// <summary>
/// Hosts an <see cref="Http2Session"/>: plaintext bytes in and out on one side, the pipes of its tunnels on the other. It alone touches
/// the session. Control goes by message to the session's actor and to the tunnels' actors; payload goes through the pipes.
/// </summary>
public sealed class SessionStage : GraphStageWithMaterializedValue<FlowShape<SliceQueue, SliceQueue>, SessionHandle>
{
    /// <summary>Bytes handed to the transport at once. More only delays what becomes urgent meanwhile.</summary>
    internal const int OutputBudget = 128 * 1024;

    /// <summary>
    /// A graph without a purpose of its own. Akka forgets a graph that is given to an actor in the very turn in which its last other one ends: this one is there until the session's stage is
    /// over, and ends in a turn of its own.
    /// </summary>
    private static readonly IRunnableGraph<UniqueKillSwitch> Keeper =
        Source.Maybe<NotUsed>().ViaMaterialized(KillSwitches.Single<NotUsed>(), Keep.Right).To(Sink.Ignore<NotUsed>());

    private readonly SessionRole _role;
    private readonly SessionSettings _settings;
    private readonly SessionTimeouts _timeouts;
    private readonly BufferPool _pool;
    private readonly IActorRef _actor;
    private readonly TimeProvider _time;

    /// <param name="role">Which end this is.</param>
    /// <param name="settings">What is announced and enforced.</param>
    /// <param name="timeouts">When the peer counts as dead.</param>
    /// <param name="pool">Blocks for output.</param>
    /// <param name="actor">Gets <see cref="SessionProtocol"/> messages.</param>
    /// <param name="time">Clock of the timeouts and of the last moment after GOAWAY.</param>
    public SessionStage(
        SessionRole role, SessionSettings settings, SessionTimeouts timeouts, BufferPool pool, IActorRef actor, TimeProvider time)
    {
        _role = role;
        _settings = settings;
        _timeouts = timeouts;
        _pool = pool;
        _actor = actor;
        _time = time;
    }

    /// <summary>Plaintext received.</summary>
    public Inlet<SliceQueue> In { get; } = new("Session.in");

    /// <summary>Plaintext to send.</summary>
    public Outlet<SliceQueue> Out { get; } = new("Session.out");

    /// <inheritdoc />
    public override FlowShape<SliceQueue, SliceQueue> Shape => new(In, Out);

    /// <inheritdoc />
    public override ILogicAndMaterializedValue<SessionHandle> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this);
        return new LogicAndMaterializedValue<SessionHandle>(logic, logic.Handle);
    }

    /// <remarks>
    /// <code>
    ///   Running ──close and no stream left──▶ Closing ──inlet done, or the patience is over──▶ ended, in order
    ///      ├──abort, SessionFailed──▶ ended: tunnels get SessionLost ──▶ Closing ──the same──▶ stopped
    ///      │        Closing: output is flushed, then FIN; input is read and dropped
    ///      ├──inlet done or failed──▶ ended: tunnels get SessionLost
    ///      └──the peer is dead──▶ ended likewise; the transport is told to reset
    /// </code>
    /// </remarks>
    private sealed class Logic : InAndOutGraphStageLogic
    {
        /// <summary>Without the peer's end or a byte that the transport took. Behind an error nobody waits for what goes out last.</summary>
        private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(1);

        /// <summary>
        /// The same for a close in order: the last bytes and ends of tunnels may be on their way, and nothing but the peer's own end says that it has read them.
        /// </summary>
        private static readonly TimeSpan LastDelivery = TimeSpan.FromSeconds(5);

        private readonly SessionStage _stage;
        private readonly Http2Session _session;
        private readonly SessionLiveness _liveness;
        private readonly SessionTunnels _tunnels;
        private readonly SliceQueue _output = new();
        private readonly StageWakeUp _wakeUp;
        private ITimer? _lastMoment;
        private TimeSpan _patience;
        private readonly long _began;
        private long _lastTaken;
        private bool _closing;
        private UniqueKillSwitch? _keeper;

        public Logic(SessionStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _began = stage._time.GetTimestamp();
            _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
            _session = new Http2Session(stage._role, stage._settings, stage._pool);
            _liveness = new SessionLiveness(_session, stage._timeouts, _wakeUp, stage._time);
            _tunnels = new SessionTunnels(
                _session,
                stage._role,
                _liveness,
                stage._settings.StreamWindow,
                stage._pool,
                stage._actor,
                _wakeUp,
                stage._time,
                relay => relay.Run(SubFusingMaterializer));
            SetHandlers(stage.In, stage.Out, this);
        }

        public SessionHandle Handle => _tunnels.Control;

        public override void PreStart()
        {
            Handle.Load.RunsOn(EventLoop.Current);
            _keeper = SubFusingMaterializer.Materialize(Keeper);
            Pull(_stage.In);
        }

        public override void OnPush()
        {
            var received = Grab(_stage.In);
            _liveness.Received();
            if (_closing)
            {
                received.Clear();
            }
            else
            {
                _session.Advance(_stage._time.GetElapsedTime(_began));
                while (received.TryDequeue(out var slice))
                {
                    _session.Receive(slice);
                }

                ReadEvents();
                Serve();
            }

            if (!IsClosed(_stage.In) && !HasBeenPulled(_stage.In))
            {
                Pull(_stage.In);
            }
        }

        public override void OnPull()
        {
            _liveness.Taken();
            Handle.Load.Taken();
            _lastTaken = _stage._time.GetTimestamp();
            Flush();
            CloseWhenRequested();
        }

        public override void OnUpstreamFinish()
        {
            if (_closing)
            {
                EndClosing();
                return;
            }

            var orderly = _session.IsDraining && _session.OpenStreams == 0;
            End(orderly ? SessionEndReason.Orderly : SessionEndReason.TransportLost, "the peer closed the connection");
            CompleteStage();
        }

        public override void OnUpstreamFailure(Exception e) => TransportLost(e);

        public override void OnDownstreamFinish(Exception cause) => TransportLost(cause);

        public override void PostStop()
        {
            _lastMoment?.Dispose();
            _liveness.Dispose();
            End(_closing ? SessionEndReason.Orderly : SessionEndReason.Aborted, "the session's stage was stopped");
            _output.Dispose();
            _session.Dispose();
            _keeper?.Shutdown(); // In a turn of its own, behind the relays that were given to it.
            Handle.Over();
        }

        private void OnWake()
        {
            _wakeUp.Begin();
            if (_closing)
            {
                _tunnels.RefuseCommands();
                WaitForLastMoment();
                return;
            }

            _session.Advance(_stage._time.GetElapsedTime(_began));
            if (_liveness.HasFired && _liveness.Check() is { } dead)
            {
                Dead(dead);
                return;
            }

            Serve();
        }

        /// <summary>There is nobody to take what is left, not even a FIN.</summary>
        private void Dead(SessionEndReason reason)
        {
            var why = _liveness.Describe(reason);
            End(reason, why);
            FailStage(TransportException.Aborted(why));
        }

        private void Serve()
        {
            if (_closing)
            {
                return; // An event has ended the session in this same turn.
            }

            if (_tunnels.Serve() is { } stop)
            {
                _session.Abort(stop.Code, stop.Detail);
                End(SessionEndReason.Aborted, stop.Detail);
                _tunnels.RefuseCommands();
                Close(LastMoment);
                return;
            }

            ReadEvents();
            Flush();
            CloseWhenRequested();
        }

        private void CloseWhenRequested()
        {
            if (_tunnels.IsCloseRequested && _session.OpenStreams == 0 && !_closing && !_tunnels.HasEnded)
            {
                _session.Abort(Http2.Frames.ErrorCode.NoError, "");
                _tunnels.RefuseCommands();
                Close(_tunnels.IsReady ? LastDelivery : LastMoment); // The actor is told at the end: where the process goes with it, nothing is left behind.
            }
        }

        private void ReadEvents()
        {
            while (_session.TryReadEvent(out var e))
            {
                if (e.Kind == SessionEventKind.SessionFailed)
                {
                    _tunnels.End(new SessionProtocol.SessionEnded(
                        SessionEndReason.PeerError, e.Code, e.Detail ?? "", e.Foreign, _tunnels.IsReady));
                    Close(LastMoment);
                    return;
                }

                if (e.Kind == SessionEventKind.SettingsReceived && !_tunnels.IsReady)
                {
                    _liveness.Begin();
                }

                _tunnels.Handle(e);
            }
        }

        /// <summary>Hands output on, where the transport can write, and tells tunnels that were waiting for that.</summary>
        private void Flush()
        {
            if (!IsAvailable(_stage.Out))
            {
                return; // Its demand goes on.
            }

            if (_session.HasOutput)
            {
                _session.TakeOutput(_output, OutputBudget);
                _liveness.Handed();
                Handle.Load.Handed();
                Push(_stage.Out, _output);
                if (!_closing)
                {
                    ReadEvents();
                    _tunnels.SettleEnds();
                }
            }
            else if (_closing)
            {
                Complete(_stage.Out);
            }
        }

        /// <summary>
        /// GOAWAY and a close at once can destroy what was sent last: the peer's unread bytes would make the kernel reset. So the outlet is
        /// ended, and input is dropped until the peer ends too.
        /// </summary>
        /// <param name="patience">How long the peer may neither end nor make the transport take what is left.</param>
        private void Close(TimeSpan patience)
        {
            _closing = true;
            _patience = patience;
            _lastTaken = _stage._time.GetTimestamp();
            _lastMoment = _stage._time.CreateTimer(
                static state => ((StageWakeUp)state!).Wake(), _wakeUp, patience, Timeout.InfiniteTimeSpan);
            Flush();
        }

        /// <summary>The timer runs on a coarser clock than the timestamps and may be some milliseconds early: then it is set again.</summary>
        private void WaitForLastMoment()
        {
            var left = _patience - _stage._time.GetElapsedTime(_lastTaken);
            if (left > TimeSpan.Zero)
            {
                _lastMoment?.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            }
            else
            {
                EndClosing();
            }
        }

        private void EndClosing()
        {
            End(SessionEndReason.Orderly, ""); // Any other reason was told when it came.
            CompleteStage();
        }

        private void TransportLost(Exception cause)
        {
            if (_closing)
            {
                End(SessionEndReason.Orderly, ""); // No tunnel was left, and whoever closed first is not to blame.
            }

            var tls = cause is TransportException { Fault: TransportFault.Tls };
            End(tls ? SessionEndReason.TlsRefused : SessionEndReason.TransportLost, cause.Message);
            FailStage(cause);
        }

        private void End(SessionEndReason reason, string detail)
        {
            if (!_tunnels.HasEnded)
            {
                _tunnels.End(new SessionProtocol.SessionEnded(
                    reason, Http2.Frames.ErrorCode.NoError, detail, ForeignProtocol.None, _tunnels.IsReady));
            }
        }
    }
}
