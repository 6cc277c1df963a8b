using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §5.1: what frames are in each state, and §5.1.1, §5.1.2: ids and how many.</summary>
public sealed class StreamStateTests
{
    [Fact]
    public void End_stream_both_ways_closes_a_stream_in_either_order()
    {
        using var network = Network.Connected(SessionRole.Server);
        var first = network.Tunnel(1);
        network.Send(Wire.Data(1, [], endStream: true));
        network.ExpectPayload(first, 0, endStream: true);
        Assert.Equal(StreamState.HalfClosedRemote, first.State);
        network.ExpectNoEvents();
        network.Session.SendEnd(first);
        Assert.Same(first, network.ExpectEvent(SessionEventKind.StreamClosed).Stream);
        network.ExpectData(1, 0, endStream: true);

        var second = network.Tunnel(3);
        network.Session.SendEnd(second);
        Assert.Equal(StreamState.HalfClosedLocal, second.State);
        network.Send(Wire.Data(3, [1], endStream: true));
        network.ExpectPayload(second, 1, endStream: true);
        Assert.Same(second, network.ExpectEvent(SessionEventKind.StreamClosed).Stream);

        Assert.Equal(0, network.Session.OpenStreams);
        network.ExpectNoEvents();
    }

    [Fact]
    public void Half_closed_remote_takes_no_data_and_no_headers()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Request(1, endStream: true);
        network.Request(3, endStream: true);

        network.Send(Wire.Data(1, [1]));
        network.ExpectStreamError(1, ErrorCode.StreamClosed);
        network.Send(Wire.Headers(3, [("a", "b")], endStream: true));
        network.ExpectStreamError(3, ErrorCode.StreamClosed);
    }

    [Fact]
    public void Half_closed_remote_takes_window_updates_and_resets()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 10));
        var stream = network.Tunnel(1);
        network.Send(Wire.Data(1, [], endStream: true));
        network.ExpectPayload(stream, 0, endStream: true);
        network.SessionSends(stream, new byte[20]);
        network.ExpectData(1, 10);

        network.SendWindowUpdate(1, 10);
        network.ExpectData(1, 10);
        network.Send(Wire.Reset(1, ErrorCode.Cancel));
        network.DropEvents(SessionEventKind.SendReady);
        Assert.Equal(ErrorCode.Cancel, network.ExpectEvent(SessionEventKind.StreamReset).Code);
    }

    [Theory]
    [InlineData(FrameType.Data)]
    [InlineData(FrameType.Headers)]
    public void After_both_ends_data_and_headers_end_the_connection(FrameType type)
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Request(1, endStream: true);
        network.Session.SendHeaders(stream, [new(":status", "200")], endStream: true);
        network.ExpectEvent(SessionEventKind.StreamClosed);

        network.Send(type == FrameType.Data ? Wire.Data(1, [1]) : Wire.Headers(1, Network.Connect));

        network.ExpectFailure(ErrorCode.StreamClosed);
    }

    [Fact]
    public void After_both_ends_window_updates_and_resets_are_ignored()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Request(1, endStream: true);
        network.Session.SendHeaders(stream, [new(":status", "200")], endStream: true);
        network.ExpectEvent(SessionEventKind.StreamClosed);
        network.DropFrames();

        network.Send(Wire.WindowUpdate(1, 10), Wire.WindowUpdate(1, 0), Wire.Reset(1, ErrorCode.Cancel), Wire.Priority(1, 1));

        network.ExpectNoEvents();
        network.ExpectNoFrames();
    }

    [Fact]
    public void After_our_reset_what_crossed_with_it_is_ignored_and_decoded()
    {
        using var network = Network.Connected(SessionRole.Client);
        var stream = network.Open();
        network.Session.Reset(stream, ErrorCode.Cancel);
        network.ExpectReset(1, ErrorCode.Cancel);

        // The response puts a field into the table that the next response refers to.
        network.Send(
            Wire.Frame(FrameType.Headers, 4, 1, [0x88, 0x40, 1, (byte)'a', 1, (byte)'b']),
            Wire.Data(1, new byte[10]),
            Wire.WindowUpdate(1, 5),
            Wire.Reset(1, ErrorCode.Cancel));
        network.ExpectNoEvents();
        network.ExpectNoFrames();

        network.Open();
        network.Send(Wire.Frame(FrameType.Headers, 4, 3, 0x88, 0xbe));
        Assert.Equal("a", network.ExpectEvent(SessionEventKind.HeadersReceived).Fields![1].Name);
    }

    [Fact]
    public void After_the_peer_s_reset_its_data_is_a_stream_error()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);
        network.Send(Wire.Reset(1, ErrorCode.Cancel));
        network.ExpectEvent(SessionEventKind.StreamReset);

        network.Send(Wire.Data(1, [1]));

        network.ExpectReset(1, ErrorCode.StreamClosed);
        network.ExpectNoEvents();
        Assert.False(network.Session.IsFailed);
    }

    [Fact]
    public void The_memory_of_our_resets_is_bounded_and_the_peer_cannot_empty_it()
    {
        using var network = Network.Connected(SessionRole.Server);
        var first = network.Tunnel(1);
        network.Session.Reset(first, ErrorCode.Cancel);
        var id = 3;
        for (var i = 0; i < 3_000; i++, id += 2)
        {
            network.Request(id);
            network.Send(Wire.Reset(id, ErrorCode.Cancel));
            network.ExpectEvent(SessionEventKind.StreamReset);
        }

        network.Send(Wire.Data(1, [1]));
        Assert.False(network.Session.IsFailed);

        for (var i = 0; i < ClosedStreams.Capacity; i++, id += 2)
        {
            network.Session.Reset(network.Request(id), ErrorCode.Cancel);
            network.DropFrames();
        }

        network.Send(Wire.Data(1, [1]));
        network.ExpectFailure(ErrorCode.StreamClosed);
    }

    [Fact]
    public void Ids_must_grow()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Request(5);

        network.Send(Wire.Headers(3, Network.Connect));

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void Even_ids_are_nobody_s()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Headers(2, Network.Connect));

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void The_last_id_is_an_id()
    {
        using var network = Network.Connected(SessionRole.Server);

        var stream = network.Tunnel(int.MaxValue);
        network.SessionSends(stream, [1]);
        network.ExpectData(int.MaxValue, 1);

        network.Send(Wire.Headers(1, Network.Connect));
        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void A_client_counts_its_ids_to_the_end()
    {
        using var network = new Network(SessionRole.Client, firstStreamId: int.MaxValue - 2);
        network.Handshake();

        Assert.Equal(int.MaxValue - 2, network.Open().Id);
        Assert.True(network.Session.CanOpenStream);
        Assert.Equal(int.MaxValue, network.Open().Id);
        Assert.False(network.Session.CanOpenStream);
        Assert.Throws<InvalidOperationException>(() => network.Session.OpenStream([]));

        // All ids are used, and none is idle.
        network.Send(Wire.Reset(int.MaxValue, ErrorCode.Cancel));
        network.ExpectEvent(SessionEventKind.StreamReset);
    }

    [Fact]
    public void A_client_may_open_streams_before_the_peer_said_anything()
    {
        using var network = new Network(SessionRole.Client);
        network.ExpectPreface();
        Assert.False(network.Session.IsPeerKnown);
        Assert.True(network.Session.CanOpenStream);

        var stream = network.Session.OpenStream([new(":method", "CONNECT"), new(":authority", "a:1")], endStream: true);

        Assert.Equal((1, StreamState.HalfClosedLocal), (stream.Id, stream.State));
        network.DropFrames();
    }

    [Fact]
    public void A_client_holds_to_the_peer_s_limit_of_streams()
    {
        using var network = Network.Connected(SessionRole.Client, null, (3, 2));
        var first = network.Open();
        network.Open();
        Assert.False(network.Session.CanOpenStream);

        network.Session.Reset(first, ErrorCode.Cancel);
        Assert.True(network.Session.CanOpenStream);
        network.ExpectReset(1, ErrorCode.Cancel);
        network.Open();

        network.SendSettings((3, 0));
        Assert.False(network.Session.CanOpenStream);
    }

    [Fact]
    public void A_stream_over_our_limit_is_refused_and_decoded()
    {
        using var network = Network.Connected(SessionRole.Server, new SessionSettings { MaxConcurrentStreams = 2 });
        var first = network.Tunnel(1);
        network.Tunnel(3);

        byte[] indexed = [0x40, 1, (byte)'a', 1, (byte)'b'];
        network.Send(Wire.Frame(FrameType.Headers, 4, 5, [.. Wire.Block(Network.Connect), .. indexed]));
        network.ExpectReset(5, ErrorCode.RefusedStream);
        Assert.Equal((5, ErrorCode.RefusedStream), Rejection(network));

        network.Session.Reset(first, ErrorCode.Cancel);
        network.Send(Wire.Frame(FrameType.Headers, 4, 7, [.. Wire.Block(Network.Connect), 0xbe]));
        Assert.Equal("a", network.ExpectEvent(SessionEventKind.HeadersReceived).Fields![2].Name);
    }

    [Fact]
    public void A_reset_of_the_peer_is_reported_with_its_code()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);

        network.Send(Wire.Reset(1, (ErrorCode)0xdeadbeef));

        var e = network.ExpectEvent(SessionEventKind.StreamReset);
        Assert.Equal((ErrorCode)0xdeadbeef, e.Code);
        Assert.True(e.ByPeer);
        network.ExpectNoFrames();
    }

    [Fact]
    public void Commands_on_a_closed_stream_do_nothing()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        network.Send(Wire.Reset(1, ErrorCode.Cancel));

        network.SessionSends(stream, [1, 2, 3]);
        network.Session.SendHeaders(stream, [], endStream: true);
        network.Session.SendEnd(stream);
        network.Session.Reset(stream, ErrorCode.Cancel);
        network.Session.Repay(stream, 5);

        network.ExpectNoFrames();
    }

    private static (int, ErrorCode) Rejection(Network network)
    {
        var e = network.ExpectEvent(SessionEventKind.StreamRejected);
        return (e.StreamId, e.Code);
    }
}
