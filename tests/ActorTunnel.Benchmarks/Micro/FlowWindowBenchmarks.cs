using ActorTunnel.Http2.Streams;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>What a DATA frame costs in window arithmetic; the figures are for one frame of a window that is passed many times.</summary>
[MemoryDiagnoser]
public class FlowWindowBenchmarks
{
    private const int Frames = 1_000;
    private const int Payload = 16_384;

    private readonly SendWindow _send = new(256 * 1024);
    private readonly ReceiveWindow _receive = new(256 * 1024);

    /// <summary>The sender's side: a frame goes out, its window comes back.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public int Send()
    {
        for (var i = 0; i < Frames; i++)
        {
            _send.Consume(Math.Min(Payload, _send.Available));
            _send.TryMove(Payload);
        }

        return _send.Value;
    }

    /// <summary>The receiver's side: a frame comes, is repaid, and every fourth time announced.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public int Receive()
    {
        var announced = 0;
        for (var i = 0; i < Frames; i++)
        {
            _receive.TryConsume(Payload);
            announced += _receive.Repay(Payload);
        }

        return announced;
    }
}
