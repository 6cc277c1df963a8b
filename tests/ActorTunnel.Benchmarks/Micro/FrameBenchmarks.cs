using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using BenchmarkDotNet.Attributes;

namespace ActorTunnel.Benchmarks.Micro;

/// <summary>Frames that are composed into blocks, and read out of one. The figures are for one frame; they come in eights.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks
{
    private const int Frames = 8;
    private const int StreamId = 1;

    /// <summary>So many bytes that a payload goes by reference.</summary>
    private const int Payload = 4_000;

    private readonly BufferPool _pool = new();
    private readonly SliceQueue _output = new(16);
    private readonly FrameWriter _writer;
    private readonly FrameReader _reader;
    private byte[] _fieldBlock = [];
    private Slice _data;
    private Slice _windowUpdates;
    private Slice _headers;

    public FrameBenchmarks()
    {
        _writer = new FrameWriter(_pool);
        _reader = new FrameReader(_pool);
    }

    [GlobalSetup]
    public void Compose()
    {
        var fields = new System.Buffers.ArrayBufferWriter<byte>();
        new HpackEncoder().Encode(JoinedSessions.Request, fields);
        _fieldBlock = fields.WrittenSpan.ToArray();
        _windowUpdates = Repeated(() => _writer.Write(new WindowUpdateFrame(StreamId, Payload)));
        _headers = Repeated(() => _writer.WriteFieldBlock(StreamId, _fieldBlock, endStream: false, 16_384));
        _data = Repeated(() =>
        {
            _writer.Write(DataFrame.Header(StreamId, Payload, endStream: false));
            _writer.Copy(new byte[Payload]);
        });
    }

    [GlobalCleanup]
    public void Close()
    {
        _data.Dispose();
        _windowUpdates.Dispose();
        _headers.Dispose();
        _writer.Dispose();
        _reader.Dispose();
    }

    /// <summary>A payload that has room for its header in front.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public void WriteData()
    {
        for (var i = 0; i < Frames; i++)
        {
            var frame = _pool.Rent().AsSlice(FrameHeader.Size, Payload).Prepend(FrameHeader.Size);
            DataFrame.Header(StreamId, Payload, endStream: false).Write(frame.Span);
            _writer.Append(frame);
        }

        Drop();
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public void WriteWindowUpdate()
    {
        for (var i = 0; i < Frames; i++)
        {
            _writer.Write(new WindowUpdateFrame(StreamId, Payload));
        }

        Drop();
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public void WriteHeaders()
    {
        for (var i = 0; i < Frames; i++)
        {
            _writer.WriteFieldBlock(StreamId, _fieldBlock, endStream: false, 16_384);
        }

        Drop();
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public int ReadData()
    {
        var sum = 0;
        _reader.Append(_data.Share(0, _data.Length));
        while (_reader.TryReadHeader(out var header) && _reader.TryTakePiece(header.Length, out var piece))
        {
            sum += piece.Length;
            piece.Dispose();
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public int ReadWindowUpdate()
    {
        var sum = 0;
        _reader.Append(_windowUpdates.Share(0, _windowUpdates.Length));
        while (_reader.TryReadHeader(out var header) && _reader.TryReadPayload(header.Length, out var payload))
        {
            WindowUpdateFrame.TryParse(header, payload, out var frame);
            sum += frame.Increment;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public int ReadHeaders()
    {
        var sum = 0;
        _reader.Append(_headers.Share(0, _headers.Length));
        while (_reader.TryReadHeader(out var header) && _reader.TryReadPayload(header.Length, out var payload))
        {
            HeadersFrame.TryParse(header, payload, out var frame);
            sum += frame.Fragment.Length;
        }

        return sum;
    }

    private Slice Repeated(Action write)
    {
        for (var i = 0; i < Frames; i++)
        {
            write();
        }

        _writer.MoveTo(_output);
        _output.TryDequeue(out var frames);
        return frames;
    }

    private void Drop()
    {
        _writer.MoveTo(_output);
        _output.Clear();
    }
}
