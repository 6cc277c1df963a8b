using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §4.3, §6.10: field blocks in several frames, and CVE-2024-27316.</summary>
public sealed class ContinuationTests
{
    [Fact]
    public void A_block_may_come_in_several_frames_also_empty_ones()
    {
        using var network = Network.Connected(SessionRole.Server);
        var block = Wire.Block(Network.Connect);

        network.Send(
            Wire.Frame(FrameType.Headers, 1, 1, block[..5]),
            Wire.Continuation(1, [], endHeaders: false),
            Wire.Continuation(1, block[5..9], endHeaders: false),
            Wire.Continuation(1, block[9..]));

        var e = network.ExpectEvent(SessionEventKind.HeadersReceived);
        Assert.Equal(Network.Connect, e.Fields!.Select(f => (f.Name, f.Value)));
        Assert.True(e.EndStream);
        network.ExpectNoFrames();
    }

    [Fact]
    public void A_block_may_begin_in_an_empty_frame()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Frame(FrameType.Headers, 0, 1), Wire.Continuation(1, Wire.Block(Network.Connect)));

        network.ExpectEvent(SessionEventKind.HeadersReceived);
    }

    public static TheoryData<byte[]> Intruders => new()
    {
        Wire.Data(1, [1]),
        Wire.Headers(3, Network.Connect),
        Wire.Headers(1, Network.Connect),
        Wire.Priority(1, 3),
        Wire.Reset(1, ErrorCode.Cancel),
        Wire.Settings(),
        Wire.Ping(1),
        Wire.GoAway(0, ErrorCode.NoError),
        Wire.WindowUpdate(0, 1),
        Wire.Continuation(3, []),
        Wire.Frame((FrameType)0x77, 0, 0),
    };

    [Theory]
    [MemberData(nameof(Intruders))]
    public void Any_other_frame_inside_a_block_ends_the_connection(byte[] frame)
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Send(Wire.Headers(1, Network.Connect, endHeaders: false));

        network.Send(frame);

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void Continuation_after_a_whole_block_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Request(1);

        network.Send(Wire.Continuation(1, []));

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_ninth_continuation_ends_the_connection_however_small(int size)
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Send(Wire.Headers(1, Network.Connect, endHeaders: false));
        for (var i = 0; i < 8; i++)
        {
            network.Send(Wire.Continuation(1, new byte[size], endHeaders: false));
            Assert.False(network.Session.IsFailed);
        }

        network.Send(Wire.Continuation(1, new byte[size], endHeaders: false));

        network.ExpectFailure(ErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public void Eight_continuations_are_taken()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Send(Wire.Headers(1, Network.Connect, endHeaders: false));
        for (var i = 0; i < 7; i++)
        {
            network.Send(Wire.Continuation(1, [], endHeaders: false));
        }

        network.Send(Wire.Continuation(1, []));

        network.ExpectEvent(SessionEventKind.HeadersReceived);
    }

    [Fact]
    public void Each_block_is_counted_for_itself()
    {
        using var network = Network.Connected(SessionRole.Server);
        for (var id = 1; id < 20; id += 2)
        {
            network.Send(Wire.Headers(id, [.. Network.Connect, ("a", new string('x', 10_000))], endHeaders: false));
            network.Send(Wire.Continuation(id, [], endHeaders: false), Wire.Continuation(id, []));
            network.ExpectEvent(SessionEventKind.HeadersReceived);
        }
    }

    [Fact]
    public void A_block_of_more_than_32_kib_ends_the_connection_before_it_is_there()
    {
        using var network = Network.Connected(SessionRole.Server);

        // The header of a frame whose payload would pass the limit is enough.
        network.Send(Wire.Frame(FrameType.Headers, 4, 1, new byte[33_100])[..9]);

        network.ExpectFailure(ErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public void A_block_of_more_than_32_kib_in_parts_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Send(Wire.Frame(FrameType.Headers, 0, 1, new byte[20_000]));

        network.Send(Wire.Continuation(1, new byte[12_769])[..9]);

        network.ExpectFailure(ErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public void A_block_of_32_kib_and_one_byte_in_one_frame_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Frame(FrameType.Headers, 4, 1, new byte[32_769]));

        network.ExpectFailure(ErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public void Our_own_long_block_is_continued()
    {
        using var network = Network.Connected(SessionRole.Client);
        var value = string.Concat(Enumerable.Range(0, 9_000).Select(i => (char)('0' + (i % 75))));

        network.Session.OpenStream([new(":method", "CONNECT"), new("a", value), new("b", value), new("c", value)]);

        Assert.Equal(value, network.ExpectHeaders(1)[3].Value);
    }
}
