using ActorTunnel.Http2.Buffers;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorTunnel.TestSupport.Streams;

/// <summary>
/// A wire that hands bytes on in other portions: each element has a few slices of at most <paramref name="largest"/> bytes, and after <paramref name="total"/> bytes it
/// ends cleanly, as a connection does that was cut.
/// </summary>
public sealed class CutFlow(int seed, int largest, int slicesAnElement = 1, long total = long.MaxValue)
    : GraphStage<FlowShape<SliceQueue, SliceQueue>>
{
    private readonly Inlet<SliceQueue> _in = new("Cut.in");
    private readonly Outlet<SliceQueue> _out = new("Cut.out");

    public override FlowShape<SliceQueue, SliceQueue> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(this, new Random(seed), largest, slicesAnElement, total);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly CutFlow _stage;
        private readonly Random _random;
        private readonly int _largest;
        private readonly int _slicesAnElement;
        private readonly SliceQueue _waiting = new();
        private readonly SliceQueue _lent = new();
        private long _left;
        private bool _upstreamEnded;

        public Logic(CutFlow stage, Random random, int largest, int slicesAnElement, long total)
            : base(stage.Shape)
        {
            _stage = stage;
            _random = random;
            _largest = largest;
            _slicesAnElement = slicesAnElement;
            _left = total;
            SetHandlers(stage._in, stage._out, this);
        }

        public override void PreStart() => Pull(_stage._in);

        public override void OnPush()
        {
            Grab(_stage._in).MoveTo(_waiting);
            if (IsAvailable(_stage._out))
            {
                OnPull();
            }
        }

        public override void OnPull()
        {
            if (_left == 0)
            {
                CompleteStage();
                return;
            }

            for (var i = 0; i < _slicesAnElement && _left > 0; i++)
            {
                var length = (int)Math.Min(_left, _random.Next(1, _largest + 1));
                if (!_waiting.TryDequeue(length, out var slice))
                {
                    break;
                }

                _left -= slice.Length;
                _lent.Enqueue(slice);
            }

            if (!_lent.IsEmpty)
            {
                Push(_stage._out, _lent);
            }
            else if (_upstreamEnded)
            {
                CompleteStage();
            }

            // As a socket does, it takes the next bytes before anybody asks for them.
            if (_waiting.IsEmpty && !_upstreamEnded && !HasBeenPulled(_stage._in))
            {
                Pull(_stage._in);
            }
        }

        public override void OnUpstreamFinish()
        {
            _upstreamEnded = true;
            if (_waiting.IsEmpty && IsAvailable(_stage._out))
            {
                CompleteStage();
            }
        }

        public override void PostStop()
        {
            _waiting.Dispose();
            _lent.Dispose();
        }
    }
}
