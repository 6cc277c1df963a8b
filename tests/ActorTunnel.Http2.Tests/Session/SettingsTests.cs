using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §6.5: SETTINGS both ways.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Settings_are_acknowledged_and_reported_each_time()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.SendSettings((3, 7));

        network.ExpectEvent(SessionEventKind.SettingsReceived);
        Assert.True(network.ExpectFrame(FrameType.Settings).Ack);
        Assert.Equal(7u, network.Session.PeerMaxConcurrentStreams);
    }

    [Theory]
    [InlineData("000001040000000000" + "00", ErrorCode.FrameSizeError)]
    [InlineData("000006040100000000" + "000300000001", ErrorCode.FrameSizeError)]
    [InlineData("000006040000000001" + "000300000001", ErrorCode.ProtocolError)]
    [InlineData("000006040000000000" + "000200000002", ErrorCode.ProtocolError)]
    [InlineData("000006040000000000" + "000480000000", ErrorCode.FlowControlError)]
    [InlineData("000006040000000000" + "000500003FFF", ErrorCode.ProtocolError)]
    public void Broken_settings_end_the_connection(string frame, ErrorCode code)
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Convert.FromHexString(frame));

        network.ExpectFailure(code);
    }

    [Fact]
    public void An_acknowledgement_of_nothing_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Client);

        network.Send(Wire.SettingsAck);

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void A_server_that_asks_for_push_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Client);

        network.SendSettings((2, 1));

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void Thirty_two_entries_are_taken_and_one_more_is_not()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.SendSettings([.. Enumerable.Repeat((3, 1u), 32)]);
        network.ExpectEvent(SessionEventKind.SettingsReceived);
        network.SendSettings([.. Enumerable.Repeat((3, 1u), 33)]);

        network.ExpectFailure(ErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public void Our_stream_window_is_in_force_from_the_acknowledgement_on()
    {
        using var network = new Network(SessionRole.Server, new SessionSettings { StreamWindow = 100_000 });
        network.Send(Wire.Preface);
        network.SendSettings();
        network.ExpectEvent(SessionEventKind.SettingsReceived);
        var stream = network.Request(1);
        Assert.Equal(65_535, stream.ReceiveWindow.Announced);

        network.Send(Wire.SettingsAck);

        network.ExpectEvent(SessionEventKind.SettingsAcknowledged);
        Assert.Equal(100_000, stream.ReceiveWindow.Announced);
        Assert.Equal(100_000, network.Request(3).ReceiveWindow.Announced);
    }

    [Fact]
    public void A_smaller_stream_window_makes_the_window_of_a_stream_in_use_negative()
    {
        using var network = new Network(SessionRole.Server, new SessionSettings { StreamWindow = 1_000 });
        network.Send(Wire.Preface);
        network.SendSettings();
        network.ExpectEvent(SessionEventKind.SettingsReceived);
        var stream = network.Request(1);
        network.Send(Wire.Data(1, new byte[10_000]));
        network.ExpectPayload(stream, 10_000);

        network.Send(Wire.SettingsAck);
        network.ExpectEvent(SessionEventKind.SettingsAcknowledged);
        Assert.Equal(-9_000, stream.ReceiveWindow.Announced);

        network.DropFrames();
        network.Session.Repay(stream, 10_000);
        network.ExpectWindowUpdate(1, 10_000);
        network.Send(Wire.Data(1, new byte[1_001]));
        network.ExpectStreamError(1, ErrorCode.FlowControlError);
    }

    [Fact]
    public void The_peer_s_initial_window_moves_every_stream_also_below_zero()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[60_000]);
        network.DropFrames();
        network.DropEvents(SessionEventKind.SendReady);
        Assert.Equal(5_535, stream.SendCapacity);

        network.SendSettings((4, 50_000));
        network.ExpectEvent(SessionEventKind.SettingsReceived);
        network.ExpectFrame(FrameType.Settings);
        Assert.Equal(-10_000, stream.SendWindow.Value);
        Assert.Equal(0, stream.SendCapacity);

        network.SessionSends(stream, new byte[10]);
        network.ExpectNoFrames();
        network.SendWindowUpdate(1, 10_000);
        network.ExpectNoFrames();
        network.SendWindowUpdate(1, 5);
        network.ExpectData(1, 5);
        network.SendSettings((4, 60_000));
        network.ExpectFrame(FrameType.Settings);
        network.ExpectData(1, 5);
    }

    [Fact]
    public void An_initial_window_that_moves_a_stream_past_the_maximum_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);
        network.SendWindowUpdate(1, int.MaxValue - 65_535);

        network.SendSettings((4, 65_536));

        network.ExpectEvent(SessionEventKind.SettingsReceived);
        network.ExpectFailure(ErrorCode.FlowControlError);
    }

    [Fact]
    public void The_peer_s_largest_frame_cuts_data()
    {
        using var network = Network.Connected(SessionRole.Server, null, (4, 1_000_000));
        network.SendWindowUpdate(0, 1_000_000);
        var stream = network.Tunnel(1);

        network.SessionSends(stream, new byte[40_000]);
        network.ExpectData(1, 16_384);
        network.ExpectData(1, 16_384);
        network.ExpectData(1, 7_232);

        network.SendSettings((5, 20_000));
        network.ExpectFrame(FrameType.Settings);
        network.SessionSends(stream, new byte[40_000]);
        network.ExpectData(1, 20_000);
        network.ExpectData(1, 20_000);
    }

    [Fact]
    public void A_smaller_header_table_of_the_peer_is_announced_in_the_next_block()
    {
        using var network = Network.Connected(SessionRole.Client);
        network.Open();

        network.SendSettings((1, 0));
        network.ExpectFrame(FrameType.Settings);
        network.Session.OpenStream([new HeaderField(":method", "CONNECT")]);

        // RFC 7541 §6.3: a size update to 0.
        Assert.Equal(0x20, network.ExpectFrame(FrameType.Headers, 3).Payload[0]);
    }

    [Fact]
    public void A_frame_above_our_largest_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server, new SessionSettings { MaxFrameSize = 20_000 });
        network.Request(1);
        network.Send(Wire.Data(1, new byte[20_000]));
        network.ExpectEvent(SessionEventKind.DataReceived).Data.Dispose();

        network.Send(Wire.Data(1, new byte[20_001]));

        network.ExpectFailure(ErrorCode.FrameSizeError);
    }
}
