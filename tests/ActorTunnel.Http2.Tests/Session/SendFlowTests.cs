using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §6.9 on the sending side, and when the caller is told that it may send. (The network checks every window.)</summary>
public sealed class SendFlowTests
{
    [Fact]
    public void Data_stops_at_the_stream_s_window_and_goes_on_with_its_update()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 1_000));
        var stream = network.Tunnel(1);

        network.SessionSends(stream, new byte[2_500]);
        network.ExpectData(1, 1_000);
        network.ExpectNoFrames();
        Assert.Equal(1_500, stream.QueuedBytes);

        network.SendWindowUpdate(1, 1_200);
        network.ExpectData(1, 1_200);
        network.SendWindowUpdate(1, 1_200);
        network.ExpectData(1, 300);
        Assert.Equal(900, stream.SendCapacity);
    }

    [Fact]
    public void Data_stops_at_the_connection_s_window_for_all_streams()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 1_000_000), (5, 1_000_000));
        var a = network.Tunnel(1);
        var b = network.Tunnel(3);

        network.SessionSends(a, new byte[60_000]);
        network.SessionSends(b, new byte[60_000]);
        network.ExpectData(1, 60_000);
        network.ExpectData(3, 5_535);
        network.ExpectNoFrames();
        Assert.False(network.Session.HasOutput);
        Assert.Equal(0, a.SendCapacity);

        network.SendWindowUpdate(0, 100_000);
        network.ExpectData(3, 54_465);
        Assert.Equal(45_535, a.SendCapacity);
    }

    [Fact]
    public void A_stream_without_a_window_does_not_hold_up_the_others()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 10));
        var a = network.Tunnel(1);
        var b = network.Tunnel(3);
        network.SessionSends(a, new byte[100]);
        network.ExpectData(1, 10);

        network.SessionSends(b, new byte[10]);

        network.ExpectData(3, 10);
        network.ExpectNoFrames();
    }

    [Fact]
    public void A_window_update_past_the_maximum_is_an_error_of_what_it_names()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);
        network.Send(Wire.WindowUpdate(1, int.MaxValue - 65_535));
        network.Send(Wire.WindowUpdate(1, 1));
        network.ExpectStreamError(1, ErrorCode.FlowControlError);

        network.Send(Wire.WindowUpdate(0, int.MaxValue - 65_535));
        network.Send(Wire.WindowUpdate(0, 1));
        network.ExpectFailure(ErrorCode.FlowControlError);
    }

    [Fact]
    public void Send_ready_is_said_when_the_stream_is_answered()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Request(1);
        network.ExpectNoEvents();
        Assert.False(stream.CanSend);

        network.Session.SendHeaders(stream, [new(":status", "200")], endStream: false);

        Assert.Same(stream, network.ExpectEvent(SessionEventKind.SendReady).Stream);
        network.ExpectNoEvents();
        Assert.True(stream.CanSend);
    }

    [Fact]
    public void Send_ready_is_said_once_when_what_was_queued_has_gone()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 100));
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[60]);
        network.ExpectNoEvents();

        network.ExpectData(1, 60);
        network.ExpectEvent(SessionEventKind.SendReady);
        network.SendWindowUpdate(1, 1_000);
        network.SendWindowUpdate(0, 1_000);
        network.ExpectNoEvents();
    }

    [Fact]
    public void Send_ready_waits_for_the_stream_s_window()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 100));
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[100]);
        network.ExpectData(1, 100);
        network.ExpectNoEvents();

        network.SendWindowUpdate(1, 1);

        network.ExpectEvent(SessionEventKind.SendReady);
        Assert.Equal(1, stream.SendCapacity);
    }

    [Fact]
    public void Who_finds_the_connection_s_window_used_up_by_others_is_told_when_it_opens()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 1_000_000));
        var greedy = network.Tunnel(1);
        var patient = network.Tunnel(3);
        var idle = network.Tunnel(5);
        network.SessionSends(greedy, new byte[65_500]);
        network.SessionSends(greedy, new byte[35]);
        network.DropFrames();
        network.ExpectNoEvents();

        // Told before that it may send, it finds that it cannot; the idle one does not look.
        Assert.Equal(0, patient.SendCapacity);
        network.SendWindowUpdate(0, 10);

        var told = new[] { network.ExpectEvent(SessionEventKind.SendReady).Stream, network.ExpectEvent(SessionEventKind.SendReady).Stream };
        Assert.Equal([1, 3], told.Select(s => s!.Id).Order());
        network.ExpectNoEvents();
        Assert.True(idle.CanSend);
    }

    [Fact]
    public void Send_ready_is_said_when_the_peer_s_initial_window_opens_the_stream()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 0));
        var stream = network.Tunnel(1);
        Assert.Equal(0, stream.SendCapacity);

        network.SendSettings((4, 5));

        network.ExpectEvent(SessionEventKind.SettingsReceived);
        Assert.Same(stream, network.ExpectEvent(SessionEventKind.SendReady).Stream);
    }

    [Fact]
    public void A_stream_whose_window_is_taken_away_loses_its_turn_and_gets_it_back()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[100]);

        network.SendSettings((4, 0));
        Assert.True(network.ExpectFrame(FrameType.Settings).Ack);
        network.ExpectNoFrames();
        Assert.False(network.Session.HasOutput);

        network.SendSettings((4, 40));
        network.ExpectFrame(FrameType.Settings);
        network.ExpectData(1, 40);
    }

    [Fact]
    public void End_stream_goes_with_the_last_byte()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 100));
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[150]);
        network.Session.SendEnd(stream);

        network.ExpectData(1, 100);
        Assert.Equal(StreamState.Open, stream.State);
        network.SendWindowUpdate(1, 50);
        network.ExpectData(1, 50, endStream: true);
        Assert.Equal(StreamState.HalfClosedLocal, stream.State);
        network.ExpectNoEvents();
    }

    [Fact]
    public void End_stream_needs_no_window()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 0));
        var stream = network.Tunnel(1);

        network.Session.SendEnd(stream);

        network.ExpectData(1, 0, endStream: true);
    }

    [Fact]
    public void Streams_take_turns_of_one_frame()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 1_000_000));
        network.SendWindowUpdate(0, 1_000_000);
        var streams = new[] { network.Tunnel(1), network.Tunnel(3), network.Tunnel(5) };
        network.SessionSends(streams[0], new byte[40_000]);
        network.SessionSends(streams[1], new byte[20_000]);
        network.SessionSends(streams[2], new byte[100]);

        var frames = network.Turn(int.MaxValue);

        Assert.Equal(
            [(1, 16_384), (3, 16_384), (5, 100), (1, 16_384), (3, 3_616), (1, 7_232)],
            frames.Select(f => (f.StreamId, f.Payload.Length)));
    }

    [Fact]
    public void A_budget_ends_the_turn_and_the_next_one_goes_on_where_it_was()
    {
        using var network = Network.Connected(SessionRole.Server);
        var a = network.Tunnel(1);
        var b = network.Tunnel(3);
        network.SessionSends(a, new byte[20_000]);
        network.SessionSends(b, new byte[20_000]);

        Assert.Equal([1], network.Turn(1).Select(f => f.StreamId));
        Assert.Equal([3, 1], network.Turn(17_000).Select(f => f.StreamId));
        Assert.Equal([3], network.Turn(17_000).Select(f => f.StreamId));
        Assert.False(network.Session.HasOutput);
    }

    [Fact]
    public void Control_frames_go_before_data()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[100]);
        network.Send(Wire.Ping(1));
        network.Request(3);
        network.Session.Ping(2);

        Assert.Equal([FrameType.Ping, FrameType.Ping, FrameType.Data], network.Turn(int.MaxValue).Select(f => f.FrameType));
    }

    [Fact]
    public void What_was_queued_goes_when_the_stream_is_reset()
    {
        using var network = Network.Connected(SessionRole.Server);
        var byUs = network.Tunnel(1);
        var byPeer = network.Tunnel(3);
        network.SessionSends(byUs, new byte[1_000]);
        network.SessionSends(byPeer, new byte[1_000]);
        var outstanding = network.Pool.Rented - network.Pool.Returned;

        network.Session.Reset(byUs, ErrorCode.ConnectError);
        network.Send(Wire.Reset(3, ErrorCode.Cancel));

        // Two payload blocks less; the write block with our RST_STREAM more.
        Assert.Equal(outstanding - 1, network.Pool.Rented - network.Pool.Returned);
        Assert.Equal(0, byUs.QueuedBytes);
        network.ExpectReset(1, ErrorCode.ConnectError);
        network.ExpectNoFrames();
    }

    [Fact]
    public void Commands_that_are_a_bug_of_the_caller_throw_and_keep_no_block()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Request(1);

        Assert.Throws<InvalidOperationException>(() => network.SessionSends(stream, [1]));
        Assert.Throws<InvalidOperationException>(() => network.Session.SendEnd(stream));
        network.Session.SendHeaders(stream, [new(":status", "200")], endStream: false);
        Assert.Throws<InvalidOperationException>(() => network.Session.SendHeaders(stream, [], endStream: false));
        network.Session.SendEnd(stream);
        Assert.Throws<InvalidOperationException>(() => network.SessionSends(stream, [1]));
        Assert.Throws<InvalidOperationException>(() => network.Session.SendEnd(stream));
        Assert.Throws<InvalidOperationException>(() => network.Session.OpenStream([]));
    }
}
