using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Implementation.Fusing;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>What a tunnel costs before and after its bytes.</summary>
[MemoryDiagnoser]
public class TunnelSetupBenchmarks
{
    private static readonly IGraph<ClosedShape, NotUsed> Built = Fusing.Aggressive(GraphOf(new RelayStage()));

    private readonly AutoResetEvent _ended = new(false);
    private JoinedSessions _sessions = null!;
    private ActorSystem _system = null!;
    private ActorMaterializer _materializer = null!;

    [GlobalSetup]
    public void Start()
    {
        _sessions = new JoinedSessions();
        _system = ActorSystem.Create("micro", "akka { loglevel = OFF, stdout-loglevel = OFF }");
        _materializer = _system.Materializer();
    }

    [GlobalCleanup]
    public void Stop()
    {
        _sessions.Dispose();
        _system.Terminate().Wait();
    }

    /// <summary>CONNECT, 200 and both ends between two sessions, without a socket.</summary>
    [Benchmark]
    public void StreamFromConnectToEnd() => _sessions.End(_sessions.Open());

    /// <summary>A relay's graph is made, started on another thread, and ends at once.</summary>
    [Benchmark]
    public void RelayFromStartToEnd()
    {
        GraphOf(new RelayStage(OverAtOnce())).Run(_materializer);
        _ended.WaitOne();
    }

    /// <summary>The same of a graph that is made already, as tunnels have it.</summary>
    [Benchmark]
    public void BuiltRelayFromStartToEnd()
    {
        _materializer.Materialize(Built, new Attributes(OverAtOnce()));
        _ended.WaitOne();
    }

    private static IRunnableGraph<NotUsed> GraphOf(RelayStage relay) =>
        Flow.FromGraph(relay).Join(Flow.FromSinkAndSource(Sink.Ignore<SliceQueue>(), Source.Empty<SliceQueue>(), Keep.None));

    private RelayParts OverAtOnce()
    {
        var fromSession = new TunnelPipe(1, open: true);
        fromSession.Complete();
        return new RelayParts(new TunnelPipe(1, open: true), fromSession, default, TimeProvider.System, _ => _ended.Set());
    }
}
