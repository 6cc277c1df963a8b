using ActorTunnel.Http2.Buffers;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.TestSupport.Streams;

/// <summary>
/// One end of a byte stream that a test moves by hand through its <see cref="Hand"/>: joined with a stage, it stands for the other side's
/// socket, session or wire.
/// </summary>
public sealed class HandStage : GraphStageWithMaterializedValue<FlowShape<SliceQueue, SliceQueue>, Hand>
{
    private readonly BufferPool _pool;

    /// <param name="pool">Lends the blocks of what is given as bytes.</param>
    public HandStage(BufferPool pool)
    {
        _pool = pool;
    }

    /// <summary>What the stage under test sends.</summary>
    public Inlet<SliceQueue> In { get; } = new("Hand.in");

    /// <summary>What it is given.</summary>
    public Outlet<SliceQueue> Out { get; } = new("Hand.out");

    public override FlowShape<SliceQueue, SliceQueue> Shape => new(In, Out);

    public override ILogicAndMaterializedValue<Hand> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this);
        return new LogicAndMaterializedValue<Hand>(logic, logic.Hand);
    }

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly HandStage _stage;
        private readonly Lock _gate = new();
        private readonly Queue<SliceQueue> _toGive = new();
        private bool _takesGifts = true;
        private readonly SliceQueue _lent = new();
        private long _demand;
        private bool _completing;
        private Exception? _failing;

        public Logic(HandStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            Hand = new Hand(stage._pool, new Control(this, GetAsyncCallback<Action>(static action => action())));
            SetHandlers(stage.In, stage.Out, this);
        }

        public Hand Hand { get; }

        public override void OnPush()
        {
            _demand--;
            Hand.Received(Grab(_stage.In));
            PullIfWanted();
        }

        public override void OnUpstreamFinish() => Hand.Ended(null);

        public override void OnUpstreamFailure(Exception e) => Hand.Ended(e);

        public override void OnPull()
        {
            Hand.Demanded();
            GiveNext();
        }

        public override void OnDownstreamFinish(Exception cause)
        {
            Hand.WasCancelled(cause);
            DropGifts();
        }

        public override void PostStop()
        {
            DropGifts();
            _lent.Dispose();
            Hand.Stopped();
        }

        private void GiveNext()
        {
            if (IsAvailable(_stage.Out) && NextGift() is { } next)
            {
                next.MoveTo(_lent);
                Hand.Given();
                Push(_stage.Out, _lent);
                return;
            }

            // Behind a push the consumer must have taken the slices before this stage may stop; so only at a further pull.
            if (_failing is not null && IsAvailable(_stage.Out))
            {
                Fail(_stage.Out, _failing);
            }
            else if (_completing && IsAvailable(_stage.Out))
            {
                Complete(_stage.Out);
            }
        }

        private void PullIfWanted()
        {
            if (_demand > 0 && !HasBeenPulled(_stage.In) && !IsClosed(_stage.In))
            {
                Pull(_stage.In);
            }
        }

        private SliceQueue? NextGift()
        {
            lock (_gate)
            {
                return _toGive.TryDequeue(out var next) ? next : null;
            }
        }

        private void DropGifts()
        {
            lock (_gate)
            {
                _takesGifts = false;
                while (_toGive.TryDequeue(out var queue))
                {
                    queue.Dispose();
                }
            }
        }

        /// <summary>What the hand may do, each in the stage's own turn.</summary>
        internal sealed class Control(Logic logic, Action<Action> post) : Hand.IControl
        {
            public void Give(SliceQueue slices)
            {
                // Not in the posted action: one that comes to a stage that has stopped is never run.
                lock (logic._gate)
                {
                    if (!logic._takesGifts)
                    {
                        slices.Dispose();
                        return;
                    }

                    logic._toGive.Enqueue(slices);
                }

                post(logic.GiveNext);
            }

            public void Complete() => post(() =>
            {
                logic._completing = true;
                logic.GiveNext();
            });

            public void CompleteNow() => post(() => logic.Complete(logic._stage.Out));

            public void Fail(Exception cause) => post(() =>
            {
                logic._failing = cause;
                logic.GiveNext();
            });

            public void FailNow(Exception cause) => post(() => logic.Fail(logic._stage.Out, cause));

            public void Take(long elements) => post(() =>
            {
                logic._demand += elements;
                logic.PullIfWanted();
            });

            public void Cancel(Exception cause) => post(() => logic.Cancel(logic._stage.In, cause));

            public void Run(Action action) => post(action);

            public void TakeAfter(Action action) => post(() =>
            {
                action();
                logic._demand++;
                logic.PullIfWanted();
            });
        }
    }
}
