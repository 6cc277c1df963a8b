using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>How output lies in slices: small frames copied together, large payloads by reference.</summary>
public sealed class OutputShapeTests
{
    [Fact]
    public void Many_tiny_frames_and_the_control_frames_before_them_are_one_slice()
    {
        using var network = Wide();
        var streams = Enumerable.Range(0, 50).Select(i => network.Tunnel((2 * i) + 1)).ToArray();
        network.Session.Ping(1);
        foreach (var stream in streams)
        {
            network.SessionSends(stream, new byte[100]);
        }

        Assert.Equal(51, network.Turn(int.MaxValue).Count);

        Assert.Equal([17 + (50 * 109)], network.LastSliceLengths);
    }

    [Fact]
    public void Small_slices_of_one_stream_become_one_frame()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);
        for (byte i = 0; i < 10; i++)
        {
            network.SessionSends(stream, [i]);
        }

        var frame = Assert.Single(network.Turn(int.MaxValue));

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], frame.Payload);
    }

    [Fact]
    public void A_large_payload_goes_in_its_own_block_with_the_header_in_front()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);
        var payload = Slices.From(network.Pool, Bytes(65_527));
        var block = payload.Block;
        network.Session.SendData(stream, payload);
        var rented = network.Pool.Rented;

        using var output = new SliceQueue();
        network.Session.TakeOutput(output, int.MaxValue);

        Assert.Equal(1, output.Count);
        Assert.Same(block, output[0].Block);
        Assert.Equal((0, 65_536), (output[0].Start, output[0].Length));
        Assert.Equal(rented, network.Pool.Rented);
        var frame = Assert.Single(WireFrame.ReadAll(output[0].Span, out _));
        Assert.Equal(Bytes(65_527), frame.Payload);
    }

    [Fact]
    public void A_payload_without_room_in_front_gets_its_header_from_the_write_block()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);
        network.Session.SendData(stream, Slices.From(network.Pool, Bytes(5_000), start: 8));

        var frame = Assert.Single(network.Turn(int.MaxValue));

        Assert.Equal(Bytes(5_000), frame.Payload);
        Assert.Equal([9, 5_000], network.LastSliceLengths);
    }

    [Fact]
    public void A_payload_whose_block_has_another_reader_is_not_written_in_front_of()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);
        var block = network.Pool.Rent();
        block.Array.AsSpan(0, 100).Fill(0xaa);
        block.Retain();
        using var other = block.AsSlice(0, 100);
        network.Session.SendData(stream, block.AsSlice(100, 5_000));

        Assert.Single(network.Turn(int.MaxValue));

        Assert.Equal([9, 5_000], network.LastSliceLengths);
        Assert.All(other.Span.ToArray(), b => Assert.Equal(0xaa, b));
    }

    [Fact]
    public void A_payload_that_is_cut_gets_later_headers_from_the_write_block()
    {
        using var network = Wide(maxFrame: 16_384);
        var stream = network.Tunnel(1);
        network.Session.SendData(stream, Slices.From(network.Pool, Bytes(40_000)));

        var frames = network.Turn(int.MaxValue);

        Assert.Equal([16_393, 9, 16_384, 9, 7_232], network.LastSliceLengths);
        Assert.Equal(Bytes(40_000), frames.SelectMany(f => f.Payload));
    }

    [Fact]
    public void A_frame_may_hold_large_and_small_slices()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);
        var all = Bytes(12_000);
        network.Session.SendData(stream, Slices.From(network.Pool, all.AsSpan(0, 100)));
        network.Session.SendData(stream, Slices.From(network.Pool, all.AsSpan(100, 6_000)));
        network.Session.SendData(stream, Slices.From(network.Pool, all.AsSpan(6_100, 200)));
        network.Session.SendData(stream, Slices.From(network.Pool, all.AsSpan(6_300, 300)));
        network.Session.SendData(stream, Slices.From(network.Pool, all.AsSpan(6_600, 5_400)));
        network.Session.SendEnd(stream);

        var frame = Assert.Single(network.Turn(int.MaxValue));

        Assert.Equal(all, frame.Payload);
        Assert.True(frame.EndStream);
        Assert.Equal([109, 6_000, 500, 5_400], network.LastSliceLengths);
    }

    [Fact]
    public void A_frame_fills_a_block_at_most()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);
        network.Session.SendData(stream, Slices.From(network.Pool, new byte[65_536], start: 0));
        network.Session.SendData(stream, Slices.From(network.Pool, new byte[10]));

        Assert.Equal([65_527, 19], network.Turn(int.MaxValue).Select(f => f.Payload.Length));
    }

    [Fact]
    public void An_idle_session_holds_no_buffer()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[10_000]);
        network.Send(Wire.Data(1, [1, 2, 3])[..^1], [0]);
        network.ExpectPayload(stream, 3);
        network.DropFrames();

        Assert.Equal(network.Pool.Rented, network.Pool.Returned);
    }

    [Fact]
    public void Empty_payload_makes_no_frame()
    {
        using var network = Wide();
        var stream = network.Tunnel(1);

        network.SessionSends(stream, []);

        network.ExpectNoFrames();
    }

    private static Network Wide(int maxFrame = 1_000_000)
    {
        var network = Network.Connected(SessionRole.Server, null, (4, 1_000_000), (5, (uint)maxFrame));
        network.SendWindowUpdate(0, 1_000_000);
        return network;
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
