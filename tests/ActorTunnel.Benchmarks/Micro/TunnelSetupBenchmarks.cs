using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>What a tunnel costs before and after its bytes.</summary>
[MemoryDiagnoser]
public class TunnelSetupBenchmarks
{
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
        var toSession = new TunnelPipe(1, open: true);
        var fromSession = new TunnelPipe(1, open: true);
        fromSession.Complete();
        var relay = new RelayStage(toSession, fromSession, default, TimeProvider.System, _ => _ended.Set());
        var socket = Flow.FromSinkAndSource(Sink.Ignore<SliceQueue>(), Source.Empty<SliceQueue>(), Keep.None);
        Flow.FromGraph(relay).Join(socket).Run(_materializer);
        _ended.WaitOne();
    }
}
