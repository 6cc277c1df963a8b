using ActorTunnel.Http2.Buffers;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>Lends so many slices, one for each demand.</summary>
internal sealed class LendingSource(BufferPool pool, int count) : GraphStage<SourceShape<SliceQueue>>
{
    private readonly Outlet<SliceQueue> _out = new("Lending.out");

    public override SourceShape<SliceQueue> Shape => new(_out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, pool, count);

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly LendingSource _stage;
        private readonly BufferPool _pool;
        private readonly SliceQueue _lent = new(1);
        private int _left;

        public Logic(LendingSource stage, BufferPool pool, int count)
            : base(stage.Shape)
        {
            _stage = stage;
            _pool = pool;
            _left = count;
            SetHandler(stage._out, this);
        }

        public override void OnPull()
        {
            if (_left-- == 0)
            {
                Complete(_stage._out);
                return;
            }

            _lent.Enqueue(_pool.Rent().AsSlice(0, 1));
            Push(_stage._out, _lent);
        }

        public override void PostStop() => _lent.Dispose();
    }
}

/// <summary>Moves what it is lent to a queue of its own and lends that, as every byte stage does.</summary>
internal sealed class MovingStage : GraphStage<FlowShape<SliceQueue, SliceQueue>>
{
    private readonly Inlet<SliceQueue> _in = new("Moving.in");
    private readonly Outlet<SliceQueue> _out = new("Moving.out");

    public override FlowShape<SliceQueue, SliceQueue> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly MovingStage _stage;
        private readonly SliceQueue _lent = new(1);

        public Logic(MovingStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            SetHandlers(stage._in, stage._out, this);
        }

        public override void OnPush()
        {
            Grab(_stage._in).MoveTo(_lent);
            Push(_stage._out, _lent);
        }

        public override void OnPull() => Pull(_stage._in);

        public override void PostStop() => _lent.Dispose();
    }
}
