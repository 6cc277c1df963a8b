using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>One DATA frame from one session to another and its window back, without a socket.</summary>
[MemoryDiagnoser]
public class SessionBenchmarks
{
    private const int Headroom = 9;

    private readonly BufferPool _pool = new();
    private readonly SliceQueue _wire = new();
    private Http2Session _client = null!;
    private Http2Session _server = null!;
    private Http2Stream _stream = null!;

    [Params(64, 16_375, 65_527)]
    public int Payload { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _client = new Http2Session(SessionRole.Client, new SessionSettings(), _pool);
        _server = new Http2Session(SessionRole.Server, new SessionSettings(), _pool);
        Pump();
        _stream = _client.OpenStream([new HeaderField(":method", "CONNECT"), new HeaderField(":authority", "host.com:443")]);
        Pump();
    }

    [GlobalCleanup]
    public void Close()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Benchmark]
    public void DataFrame()
    {
        _client.SendData(_stream, _pool.Rent().AsSlice(Headroom, Payload));
        Pump();
    }

    private void Pump()
    {
        while (_client.HasOutput || _server.HasOutput)
        {
            Move(_client, _server);
            Move(_server, _client);
        }
    }

    private void Move(Http2Session from, Http2Session to)
    {
        from.TakeOutput(_wire, int.MaxValue);
        while (_wire.TryDequeue(out var slice))
        {
            to.Receive(slice);
        }

        while (to.TryReadEvent(out var e))
        {
            if (e.Kind == SessionEventKind.DataReceived)
            {
                var length = e.Data.Length;
                e.Data.Dispose();
                to.Repay(e.Stream!, length);
            }
        }
    }
}
