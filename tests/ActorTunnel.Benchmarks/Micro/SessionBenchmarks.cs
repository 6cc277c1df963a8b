using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>The way of a frame from one session to another and back to its sender, without a socket.</summary>
[MemoryDiagnoser]
public class SessionBenchmarks
{
    private JoinedSessions _sessions = null!;
    private Http2Stream _stream = null!;

    [Params(64, 16_375, 65_527)]
    public int Payload { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _sessions = new JoinedSessions();
        _stream = _sessions.Open();
    }

    [GlobalCleanup]
    public void Close() => _sessions.Dispose();

    /// <summary>One DATA frame and its window back.</summary>
    [Benchmark]
    public void DataFrame()
    {
        _sessions.Client.SendData(_stream, _sessions.Pool.Rent().AsSlice(FrameHeader.Size, Payload));
        _sessions.Pump();
    }
}
