using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Tests.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Frames;

public sealed class FrameWriterTests : IDisposable
{
    private readonly BufferPool _pool = new();
    private readonly SliceQueue _output = new();

    [Fact]
    public void Many_small_frames_become_one_slice()
    {
        using var writer = new FrameWriter(_pool);
        for (var i = 0; i < 100; i++)
        {
            writer.Write(new PingFrame(i, Ack: false));
        }

        Assert.Equal(1_700, writer.Bytes);
        writer.MoveTo(_output);

        Assert.Equal(1, _output.Count);
        var frames = TakeFrames();
        Assert.Equal(Enumerable.Range(0, 100), frames.Select(f => f.Payload[7] + (f.Payload[6] << 8)));
    }

    [Fact]
    public void A_slice_goes_between_what_was_written_before_and_after_it()
    {
        using var writer = new FrameWriter(_pool);
        writer.Write(new FrameHeader(3, FrameType.Data, FrameFlags.None, 1));
        writer.Append(Slices.From(_pool, [1, 2, 3]));
        writer.Write(new PingFrame(7, Ack: true));
        writer.MoveTo(_output);

        Assert.Equal(3, _output.Count);
        var frames = TakeFrames();
        Assert.Equal([1, 2, 3], frames[0].Payload);
        Assert.Equal(FrameType.Ping, frames[1].FrameType);
        Assert.Equal(0, writer.Bytes);
    }

    [Fact]
    public void What_fills_a_block_goes_on_in_the_next()
    {
        using var writer = new FrameWriter(_pool);
        const int Frames = (BufferPool.BlockSize / 17) + 10;
        for (var i = 0; i < Frames; i++)
        {
            writer.Write(new PingFrame(i, Ack: false));
        }

        writer.MoveTo(_output);

        Assert.Equal(2, _output.Count);
        Assert.Equal(Frames, TakeFrames().Count);
    }

    [Fact]
    public void A_field_block_above_the_peer_s_largest_frame_is_continued()
    {
        using var writer = new FrameWriter(_pool);
        var block = new byte[(2 * 16_384) + 1];
        Random.Shared.NextBytes(block);
        writer.WriteFieldBlock(5, block, endStream: true, 16_384);
        writer.MoveTo(_output);

        var frames = TakeFrames();
        Assert.Equal([FrameType.Headers, FrameType.Continuation, FrameType.Continuation], frames.Select(f => f.FrameType));
        Assert.Equal([16_384, 16_384, 1], frames.Select(f => f.Payload.Length));
        Assert.Equal([false, false, true], frames.Select(f => f.EndHeaders));
        Assert.Equal([0x1, 0x0, 0x4], frames.Select(f => (int)f.Flags));
        Assert.Equal(block, frames.SelectMany(f => f.Payload));
    }

    [Fact]
    public void Output_that_nobody_takes_is_given_back()
    {
        var writer = new FrameWriter(_pool);
        writer.Write(new PingFrame(1, Ack: false));
        writer.Append(Slices.From(_pool, [1]));
        writer.Write(new PingFrame(2, Ack: false));

        writer.Dispose();
    }

    public void Dispose()
    {
        _output.Dispose();
        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    private List<WireFrame> TakeFrames()
    {
        var bytes = new List<byte>();
        while (_output.TryDequeue(out var slice))
        {
            bytes.AddRange(slice.Span);
            slice.Dispose();
        }

        var frames = WireFrame.ReadAll(bytes.ToArray(), out var used);
        Assert.Equal(bytes.Count, used);
        return frames;
    }
}
