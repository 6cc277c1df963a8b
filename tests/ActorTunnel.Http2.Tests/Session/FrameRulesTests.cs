using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §4.1, §6: where a frame may stand, how long it is, and what is ignored.</summary>
public sealed class FrameRulesTests
{
    public static TheoryData<string, ErrorCode> ConnectionErrors => new()
    {
        // Stream 0 or not.
        { "000001000000000000" + "00", ErrorCode.ProtocolError },
        { "000001010400000000" + "88", ErrorCode.ProtocolError },
        { "000005020000000000" + "0000000001", ErrorCode.ProtocolError },
        { "000004030000000000" + "00000000", ErrorCode.ProtocolError },
        { "000008060000000001" + "0000000000000000", ErrorCode.ProtocolError },
        { "000008070000000001" + "0000000000000000", ErrorCode.ProtocolError },

        // Sizes.
        { "000003030000000001" + "000000", ErrorCode.FrameSizeError },
        { "000005030000000001" + "0000000000", ErrorCode.FrameSizeError },
        { "000007060000000000" + "00000000000000", ErrorCode.FrameSizeError },
        { "000009060000000000" + "000000000000000000", ErrorCode.FrameSizeError },
        { "000007070000000000" + "00000000000000", ErrorCode.FrameSizeError },
        { "000003080000000001" + "000000", ErrorCode.FrameSizeError },
        { "000005080000000000" + "0000000000", ErrorCode.FrameSizeError },

        // Padding (§6.1: a connection error).
        { "000000000800000001", ErrorCode.FrameSizeError },
        { "000002000800000001" + "0200", ErrorCode.ProtocolError },

        // Push (§6.6, §8.4).
        { "000005050400000001" + "0000000288", ErrorCode.ProtocolError },

        // Idle streams (§5.1).
        { "000001000000000007" + "00", ErrorCode.ProtocolError },
        { "000004030000000007" + "00000000", ErrorCode.ProtocolError },
        { "000004080000000007" + "00000001", ErrorCode.ProtocolError },
        { "000001000000000002" + "00", ErrorCode.ProtocolError },
        { "000001010400000002" + "88", ErrorCode.ProtocolError },

        // Windows (§6.9).
        { "000004080000000000" + "00000000", ErrorCode.ProtocolError },
        { "000004080000000000" + "7FFFFFFF", ErrorCode.FlowControlError },
    };

    [Theory]
    [MemberData(nameof(ConnectionErrors))]
    public void A_server_ends_the_connection(string frame, ErrorCode code)
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Request(1);

        network.Send(Convert.FromHexString(frame));

        network.ExpectFailure(code);
    }

    [Theory]
    [MemberData(nameof(ConnectionErrors))]
    public void A_client_ends_the_connection(string frame, ErrorCode code)
    {
        using var network = Network.Connected(SessionRole.Client);
        network.OpenAnswered();

        network.Send(Convert.FromHexString(frame));

        network.ExpectFailure(code);
    }

    [Theory]
    [InlineData("000004020000000001" + "00000000", ErrorCode.FrameSizeError)]
    [InlineData("000028020000000001" + "00000000000000000000000000000000000000000000000000000000000000000000000000000000", ErrorCode.FrameSizeError)]
    [InlineData("000005020000000001" + "0000000110", ErrorCode.ProtocolError)]
    [InlineData("000004080000000001" + "00000000", ErrorCode.ProtocolError)]
    [InlineData("000004080000000001" + "7FFFFFFF", ErrorCode.FlowControlError)]
    public void A_stream_error_resets_the_stream_and_leaves_the_connection(string frame, ErrorCode code)
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Request(1);
        var other = network.Tunnel(3);

        network.Send(Convert.FromHexString(frame));

        network.ExpectStreamError(1, code);
        network.Send(Wire.Data(3, [1, 2, 3]));
        Assert.Equal([1, 2, 3], network.ExpectPayload(other, 3));
    }

    [Fact]
    public void Section_4_1_unknown_types_are_ignored_with_their_payload()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);

        network.Send(Wire.Frame((FrameType)0x0a, 0xff, 1, new byte[5_000]), Wire.Frame((FrameType)0xff, 0, 0), Wire.Data(1, [7]));

        Assert.Equal([7], network.ExpectPayload(stream, 1));
        network.ExpectNoFrames();
    }

    [Fact]
    public void Section_6_3_priority_is_ignored_in_every_state()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Request(1, endStream: true);
        network.Send(Wire.Reset(1, ErrorCode.Cancel));
        network.ExpectEvent(SessionEventKind.StreamReset);

        network.Send(Wire.Priority(1, 3), Wire.Priority(9, 1));

        network.ExpectNoEvents();
        network.ExpectNoFrames();
    }

    [Fact]
    public void Section_6_3_priority_of_an_idle_stream_on_itself_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Priority(9, 9));

        network.ExpectFailure(ErrorCode.ProtocolError);
    }

    [Fact]
    public void Section_6_7_ping_is_answered_with_what_it_carried()
    {
        using var network = Network.Connected(SessionRole.Client);

        network.Send(Wire.Ping(0x1122334455667788));

        var answer = network.ExpectFrame(FrameType.Ping, 0);
        Assert.True(answer.Ack);
        Assert.Equal("1122334455667788", Convert.ToHexString(answer.Payload));
        network.ExpectNoEvents();
    }

    [Fact]
    public void Section_6_7_the_answer_to_our_ping_is_an_event()
    {
        using var network = Network.Connected(SessionRole.Client);

        network.Session.Ping(42);
        Assert.Equal(42, network.ExpectFrame(FrameType.Ping).Payload[7]);
        network.Send(Wire.Ping(42, ack: true));

        Assert.Equal(42, network.ExpectEvent(SessionEventKind.PingAcknowledged).Opaque);
    }

    [Fact]
    public void After_a_connection_error_input_and_commands_do_nothing()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        network.Send(Wire.WindowUpdate(0, 0));
        network.ExpectFailure(ErrorCode.ProtocolError);
        network.DropFrames();

        network.Send(Wire.Ping(1), Wire.Data(1, [1]));
        network.SessionSends(stream, [1, 2, 3]);
        network.Session.SendEnd(stream);
        network.Session.Reset(stream, ErrorCode.Cancel);
        network.Session.Repay(stream, 1);
        network.Session.Ping(1);
        network.Session.BeginGoAway();
        network.Session.Abort(ErrorCode.InternalError, "twice");

        network.ExpectNoEvents();
        network.ExpectNoFrames();
    }

    [Fact]
    public void Abort_says_goodbye_and_drops_everything()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        network.SessionSends(stream, new byte[100]);

        network.Session.Abort(ErrorCode.InternalError, "enough");

        network.ExpectGoAway(ErrorCode.InternalError, 1);
        network.ExpectNoFrames();
        network.ExpectNoEvents();
        Assert.True(network.Session.IsFailed);
        Assert.Equal(0, network.Session.OpenStreams);
    }
}
