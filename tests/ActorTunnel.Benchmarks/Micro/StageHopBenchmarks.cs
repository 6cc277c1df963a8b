using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>What stages cost that do nothing themselves.</summary>
[MemoryDiagnoser]
public class StageHopBenchmarks
{
    private const int Many = 10_000;

    private readonly BufferPool _pool = new();
    private ActorSystem _system = null!;
    private ActorMaterializer _materializer = null!;
    private PassedOn _passed = null!;

    [GlobalSetup]
    public void Start()
    {
        _system = ActorSystem.Create("micro", "akka { loglevel = OFF, stdout-loglevel = OFF }");
        _materializer = _system.Materializer();
        _passed = new PassedOn(_materializer, Many);
    }

    [GlobalCleanup]
    public void Stop()
    {
        _system.Terminate().Wait();
    }

    /// <summary>A slice from a source to a sink: the share of both in <see cref="SliceThroughTwoStages"/>.</summary>
    [Benchmark(OperationsPerInvoke = Many)]
    public void SliceThroughNoStage() => Run(Flow.Create<SliceQueue>());

    /// <summary>A slice from a source through two stages of the same actor to a sink.</summary>
    [Benchmark(OperationsPerInvoke = Many)]
    public void SliceThroughTwoStages() => Run(Flow.Create<SliceQueue>().Via(new MovingStage()).Via(new MovingStage()));

    /// <summary>A stage wakes one of another actor, which wakes it in turn.</summary>
    [Benchmark(OperationsPerInvoke = Many)]
    public void WakeUpAndBack() => _passed.Run();

    private void Run(IGraph<FlowShape<SliceQueue, SliceQueue>, NotUsed> flow) =>
        Source.FromGraph(new LendingSource(_pool, Many)).Via(flow).RunForeach(static slices => slices.Clear(), _materializer).Wait();
}
