using System.Buffers;
using ActorTunnel.Http2.Hpack;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>The field blocks of a tunnel: the first of a session, whose tables are made with it, and those like it that follow.</summary>
[MemoryDiagnoser]
public class HpackBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(256);
    private readonly List<HeaderField> _decoded = [];
    private readonly HpackEncoder _encoder = new();
    private readonly HpackDecoder _decoder = new();
    private HeaderField[] _fields = [];
    private byte[] _first = [];
    private byte[] _repeated = [];

    public enum Block
    {
        Request,
        Response,
    }

    [Params(Block.Request, Block.Response)]
    public Block Fields { get; set; }

    [GlobalSetup]
    public void Encode()
    {
        _fields = Fields == Block.Request ? JoinedSessions.Request : JoinedSessions.Response;
        _first = Encoded();
        _repeated = Encoded();
        _decoder.Decode(_first, _decoded);
    }

    [Benchmark]
    public int EncodeFirst() => Encode(new HpackEncoder());

    [Benchmark]
    public int EncodeRepeated() => Encode(_encoder);

    [Benchmark]
    public HeaderListResult DecodeFirst() => new HpackDecoder().Decode(_first, _decoded);

    [Benchmark]
    public HeaderListResult DecodeRepeated() => _decoder.Decode(_repeated, _decoded);

    private int Encode(HpackEncoder encoder)
    {
        _output.ResetWrittenCount();
        encoder.Encode(_fields, _output);
        return _output.WrittenCount;
    }

    private byte[] Encoded()
    {
        Encode(_encoder);
        return _output.WrittenSpan.ToArray();
    }
}
