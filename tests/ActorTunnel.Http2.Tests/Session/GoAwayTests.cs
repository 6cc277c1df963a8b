using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §6.8: the end of a connection, in two steps.</summary>
public sealed class GoAwayTests
{
    [Fact]
    public void Ours_takes_two_steps_and_a_round_trip_between_them()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);

        network.Session.BeginGoAway();
        network.Session.BeginGoAway();
        network.ExpectGoAway(ErrorCode.NoError, int.MaxValue);
        var ping = network.ExpectFrame(FrameType.Ping);
        Assert.False(ping.Ack);
        network.ExpectNoFrames();
        Assert.True(network.Session.IsDraining);

        // A request that crossed with the first step is served.
        network.Tunnel(3);
        network.Send(Wire.Ping(7, ack: true));
        network.ExpectEvent(SessionEventKind.PingAcknowledged);
        network.ExpectNoFrames();

        network.Send(Wire.Frame(FrameType.Ping, 1, 0, ping.Payload));
        network.ExpectGoAway(ErrorCode.NoError, 3);
        Assert.Equal(3, network.ExpectEvent(SessionEventKind.GoAwayCompleted).LastStreamId);
        network.ExpectNoEvents();
    }

    [Fact]
    public void After_it_streams_go_on_and_new_ones_are_ignored()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        Drain(network);

        byte[] indexed = [0x40, 1, (byte)'a', 1, (byte)'b'];
        network.Send(
            Wire.Frame(FrameType.Headers, 4, 3, [.. Wire.Block(Network.Connect), .. indexed]),
            Wire.Data(3, new byte[40_000]),
            Wire.WindowUpdate(3, 1),
            Wire.WindowUpdate(3, 0),
            Wire.Priority(3, 3),
            Wire.Reset(3, ErrorCode.Cancel),
            Wire.Data(5, [1]));
        network.ExpectNoEvents();
        network.ExpectNoFrames();
        Assert.False(network.Session.IsFailed);

        network.Send(Wire.Data(1, [1, 2], endStream: true));
        network.ExpectPayload(stream, 2, endStream: true);
        network.SessionSends(stream, [3]);
        network.Session.SendEnd(stream);
        network.ExpectData(1, 1, endStream: true);
        Assert.Equal(0, network.Session.OpenStreams);
    }

    [Fact]
    public void After_it_a_connection_error_repeats_the_last_stream()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);
        Drain(network);
        network.Send(Wire.Headers(3, Network.Connect));

        network.Send(Wire.WindowUpdate(0, 0));

        network.ExpectGoAway(ErrorCode.ProtocolError, 1);
    }

    [Fact]
    public void A_client_that_drains_opens_no_streams()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Open();

        network.Session.BeginGoAway();

        Assert.False(network.Session.CanOpenStream);
        network.ExpectGoAway(ErrorCode.NoError, int.MaxValue);
        var ping = network.ExpectFrame(FrameType.Ping);
        network.Send(Wire.Frame(FrameType.Ping, 1, 0, ping.Payload));
        network.ExpectGoAway(ErrorCode.NoError, 0);
        network.ExpectEvent(SessionEventKind.GoAwayCompleted);
    }

    [Fact]
    public void The_peer_s_refuses_our_streams_above_its_last_one()
    {
        using var network = Network.Connected(SessionRole.Client);
        var served = network.OpenAnswered();
        var first = network.Open();
        var second = network.Open();
        network.SessionSends(second, new byte[100]);

        network.Send(Wire.GoAway(1, ErrorCode.EnhanceYourCalm, "too_many"));

        var e = network.ExpectEvent(SessionEventKind.GoAwayReceived);
        Assert.Equal((1, ErrorCode.EnhanceYourCalm, "too_many"), (e.LastStreamId, e.Code, e.Detail));
        foreach (var stream in new[] { first, second })
        {
            var reset = network.ExpectEvent(SessionEventKind.StreamReset);
            Assert.Same(stream, reset.Stream);
            Assert.Equal((ErrorCode.RefusedStream, true), (reset.Code, reset.ByPeer));
        }

        Assert.Equal(StreamState.Open, served.State);
        Assert.Equal(1, network.Session.OpenStreams);
        Assert.False(network.Session.CanOpenStream);
        Assert.True(network.Session.IsDraining);
        network.ExpectNoFrames();
        network.Send(Wire.Data(1, [1]));
        network.ExpectPayload(served, 1);
    }

    [Fact]
    public void The_peer_s_may_come_in_two_steps()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Open();
        network.Open();

        network.Send(Wire.GoAway(int.MaxValue, ErrorCode.NoError));
        network.ExpectEvent(SessionEventKind.GoAwayReceived);
        network.ExpectNoEvents();
        network.Send(Wire.GoAway(1, ErrorCode.NoError));
        network.ExpectEvent(SessionEventKind.GoAwayReceived);
        Assert.Equal(3, network.ExpectEvent(SessionEventKind.StreamReset).StreamId);
    }

    [Fact]
    public void The_peer_s_last_stream_must_not_grow()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Send(Wire.GoAway(1, ErrorCode.NoError));
        network.ExpectEvent(SessionEventKind.GoAwayReceived);

        network.Send(Wire.GoAway(3, ErrorCode.NoError));

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void A_client_s_goaway_leaves_its_streams_to_a_server()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);

        network.Send(Wire.GoAway(0, ErrorCode.NoError));

        network.ExpectEvent(SessionEventKind.GoAwayReceived);
        network.ExpectNoEvents();
        Assert.Equal(StreamState.Open, stream.State);
    }

    [Fact]
    public void Long_debug_data_is_skipped()
    {
        using var network = Network.Connected(SessionRole.Client);

        network.Send(Wire.GoAway(1, ErrorCode.NoError, new string('x', 50_000)), Wire.Ping(1));

        Assert.Equal(GoAwayFrame.MaxDebug, network.ExpectEvent(SessionEventKind.GoAwayReceived).Detail!.Length);
        network.ExpectFrame(FrameType.Ping);
    }

    [Fact]
    public void Its_own_ping_value_is_not_the_caller_s()
    {
        using var network = Network.Connected(SessionRole.Client);

        Assert.Throws<ArgumentOutOfRangeException>(() => network.Session.Ping(GoAwayExchange.PingOpaque));
    }

    private static void Drain(Network network)
    {
        network.Session.BeginGoAway();
        network.ExpectFrame(FrameType.GoAway);
        network.Send(Wire.Frame(FrameType.Ping, 1, 0, network.ExpectFrame(FrameType.Ping).Payload));
        network.ExpectFrame(FrameType.GoAway);
        network.ExpectEvent(SessionEventKind.GoAwayCompleted);
    }
}
