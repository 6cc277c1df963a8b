using ActorTunnel.Transport;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>Two stages of two actors that wake each other in turn, so many times.</summary>
internal sealed class PassedOn
{
    private readonly ManualResetEventSlim _done = new();
    private readonly int _turns;
    private readonly IWakeable _first;
    private int _left;

    public PassedOn(IMaterializer materializer, int turns)
    {
        _turns = turns;
        var first = new WokenStage(this);
        var second = new WokenStage(this);
        first.Next = Start(second, materializer);
        second.Next = Start(first, materializer);
        _first = second.Next;
    }

    public void Run()
    {
        _done.Reset();
        _left = _turns;
        _first.Wake();
        _done.Wait();
    }

    private static IWakeable Start(WokenStage stage, IMaterializer materializer) =>
        Source.Maybe<int>().ViaMaterialized(stage, Keep.Right).To(Sink.Ignore<int>()).Run(materializer);

    /// <summary>The second stage counts its turns, after which the first has had its own.</summary>
    private void Pass(WokenStage stage)
    {
        if (ReferenceEquals(stage.Next, _first) && --_left == 0)
        {
            _done.Set();
        }
        else
        {
            stage.Next.Wake();
        }
    }

    private sealed class WokenStage(PassedOn owner) : GraphStageWithMaterializedValue<FlowShape<int, int>, IWakeable>
    {
        private readonly Inlet<int> _in = new("Woken.in");
        private readonly Outlet<int> _out = new("Woken.out");

        public IWakeable Next { get; set; } = null!;

        public override FlowShape<int, int> Shape => new(_in, _out);

        public override ILogicAndMaterializedValue<IWakeable> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
        {
            var logic = new Logic(this, owner);
            return new LogicAndMaterializedValue<IWakeable>(logic, logic.WakeUp);
        }

        private sealed class Logic : InAndOutGraphStageLogic
        {
            private readonly WokenStage _stage;
            private readonly StageWakeUp _wakeUp;
            private readonly PassedOn _owner;

            public Logic(WokenStage stage, PassedOn owner)
                : base(stage.Shape)
            {
                _stage = stage;
                _owner = owner;
                _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
                SetHandlers(stage._in, stage._out, this);
            }

            public IWakeable WakeUp => _wakeUp;

            public override void OnPush() => Push(_stage._out, Grab(_stage._in));

            public override void OnPull() => Pull(_stage._in);

            private void OnWake()
            {
                _wakeUp.Begin();
                _owner.Pass(_stage);
            }
        }
    }
}
