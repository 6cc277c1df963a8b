using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport.Tests;

/// <summary>Passes nothing on, and counts its wake-ups. To be run once.</summary>
internal sealed class WokenStage : GraphStage<FlowShape<object, object>>
{
    private Logic _logic = null!;
    private int _wakes;

    public Inlet<object> In { get; } = new("Woken.in");

    public Outlet<object> Out { get; } = new("Woken.out");

    public override FlowShape<object, object> Shape => new(In, Out);

    /// <summary>Known once it was materialized.</summary>
    public IWakeable WakeUp => _logic.WakeUp;

    /// <summary>How often it was woken.</summary>
    public int Wakes => Volatile.Read(ref _wakes);

    /// <summary>What it does in such a turn.</summary>
    public Action Work { get; set; } = static () => { };

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => _logic = new Logic(this);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly WokenStage _stage;
        private readonly StageWakeUp _wakeUp;

        public Logic(WokenStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _wakeUp = new StageWakeUp(this, GetAsyncCallback(OnWake));
            SetHandlers(stage.In, stage.Out, this);
        }

        public IWakeable WakeUp => _wakeUp;

        public override void OnPush() => Push(_stage.Out, Grab(_stage.In));

        public override void OnPull() => Pull(_stage.In);

        private void OnWake()
        {
            _wakeUp.Begin();
            _stage.Work();
            Interlocked.Increment(ref _stage._wakes);
        }
    }
}
