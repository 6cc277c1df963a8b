using System.Text;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §3.4: how a connection begins.</summary>
public sealed class PrefaceTests
{
    [Fact]
    public void A_client_sends_the_magic_its_settings_and_the_connection_s_window_at_once()
    {
        using var network = new Network(SessionRole.Client);

        network.ExpectPreface();

        var settings = network.ExpectFrame(FrameType.Settings, 0);
        Assert.Equal(
            "000200000000" + "000400080000" + "000500010000" + "000600004000", Convert.ToHexString(settings.Payload));
        network.ExpectWindowUpdate(0, (4 * 512 * 1024) - 65_535);
        network.ExpectNoFrames();
    }

    [Fact]
    public void A_server_sends_its_settings_without_waiting()
    {
        using var network = new Network(SessionRole.Server, new SessionSettings { EnableConnectProtocol = true });

        var settings = network.ExpectFrame(FrameType.Settings, 0);
        Assert.Equal(
            "0003000003E8" + "000400080000" + "000500010000" + "000600004000" + "000800000001", Convert.ToHexString(settings.Payload));
        network.ExpectWindowUpdate(0, (4 * 512 * 1024) - 65_535);
        network.ExpectNoFrames();
    }

    [Fact]
    public void The_receive_budget_bounds_the_connection_s_window()
    {
        using var network = new Network(SessionRole.Server, new SessionSettings { ReceiveBudget = 100_000 });

        network.ExpectFrame(FrameType.Settings);
        network.ExpectWindowUpdate(0, 100_000 - 65_535);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", ForeignProtocol.Http1)]
    [InlineData("G", ForeignProtocol.Http1)]
    [InlineData("CONNECT host:443 HTTP/1.1\r\n", ForeignProtocol.Http1)]
    [InlineData("POST /", ForeignProtocol.Http1)]
    [InlineData("PATCH /", ForeignProtocol.Http1)]
    [InlineData("PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", ForeignProtocol.Unknown)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r", ForeignProtocol.Unknown)]
    [InlineData("SSH-2.0-OpenSSH", ForeignProtocol.Unknown)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000", ForeignProtocol.Tls)]
    [InlineData("\u0016", ForeignProtocol.Tls)]
    [InlineData("\u0016\u0002", ForeignProtocol.Unknown)]
    public void A_server_says_what_a_peer_speaks_that_is_not_http2(string bytes, ForeignProtocol expected)
    {
        using var network = new Network(SessionRole.Server);

        network.Send(Encoding.Latin1.GetBytes(bytes));

        Assert.Equal(expected, network.ExpectFailure(ErrorCode.ProtocolError).Foreign);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", ForeignProtocol.Http1)]
    [InlineData("\u0015\u0003\u0003\u0000\u0002\u0002\u0046\u0000\u0000", ForeignProtocol.Tls)]
    [InlineData("SSH-2.0-OpenSSH", ForeignProtocol.Unknown)]
    public void A_client_says_what_a_peer_speaks_that_is_not_http2(string bytes, ForeignProtocol expected)
    {
        using var network = new Network(SessionRole.Client);
        network.ExpectPreface();

        network.Send(Encoding.Latin1.GetBytes(bytes));

        Assert.Equal(expected, network.ExpectFailure(ErrorCode.ProtocolError).Foreign);
    }

    [Fact]
    public void A_magic_that_is_not_whole_yet_is_waited_for()
    {
        using var network = new Network(SessionRole.Server);
        foreach (var one in Wire.Preface)
        {
            network.Send([one]);
            network.ExpectNoEvents();
        }

        network.Send(Wire.Settings());
        network.ExpectEvent(SessionEventKind.SettingsReceived);
    }

    [Theory]
    [InlineData(SessionRole.Client)]
    [InlineData(SessionRole.Server)]
    public void The_first_frame_must_be_settings(SessionRole role)
    {
        byte[][] others = [Wire.Ping(1), Wire.SettingsAck, Wire.Headers(1, Network.Connect), Wire.Frame((FrameType)0x42, 0, 0)];
        foreach (var frame in others)
        {
            using var network = new Network(role);
            if (role == SessionRole.Server)
            {
                network.Send(Wire.Preface);
            }
            else
            {
                network.ExpectPreface();
            }

            network.Send(frame);

            network.ExpectFailure(ErrorCode.ProtocolError);
        }
    }
}
