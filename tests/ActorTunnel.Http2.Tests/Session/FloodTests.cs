using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>Replies that a peer provokes and does not read (CVE-2019-9512, -9514, -9515), and what must not be mistaken for that.</summary>
public sealed class FloodTests
{
    public static TheoryData<string> Floods => ["ping", "settings", "reset"];

    [Theory]
    [MemberData(nameof(Floods))]
    public void Replies_that_nobody_reads_end_the_connection(string flood)
    {
        using var network = Network.Connected(SessionRole.Server);
        for (var i = 0; i < 1_000; i++)
        {
            network.Send(Provoke(flood, i));
            Drop(network);
            Assert.False(network.Session.IsFailed, $"after {i}");
        }

        network.Send(Provoke(flood, 1_000));
        Drop(network);

        network.ExpectFailure(ErrorCode.EnhanceYourCalm);
    }

    [Theory]
    [MemberData(nameof(Floods))]
    public void Replies_that_are_read_may_go_on(string flood)
    {
        using var network = Network.Connected(SessionRole.Server);
        for (var i = 0; i < 5_000; i++)
        {
            network.Send(Provoke(flood, i));
            Drop(network);
            if (i % 500 == 0)
            {
                network.DropFrames();
            }
        }

        Assert.False(network.Session.IsFailed);
    }

    [Fact]
    public void Tiny_data_frames_are_no_flood()
    {
        using var network = Network.Connected(SessionRole.Server);
        var stream = network.Tunnel(1);
        for (var i = 0; i < 20_000; i++)
        {
            network.Send(Wire.Data(1, [1]));
            network.ExpectPayload(stream, 1, repay: true);
        }

        Assert.False(network.Session.IsFailed);
    }

    [Fact]
    public void Events_do_not_pile_up()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);
        var frames = Enumerable.Range(0, 6_000).SelectMany(_ => Wire.Data(1, [1])).ToArray();
        network.Session.Receive(Slices.From(network.Pool, frames));

        // Parsed one event at a time: a reset holds for the byte after it.
        Assert.True(network.Session.TryReadEvent(out var e));
        e.Data.Dispose();
        network.Session.Reset(e.Stream!, ErrorCode.Cancel);
        Assert.False(network.Session.TryReadEvent(out _));
        Assert.Equal(0, network.Session.UnpaidBytes);
    }

    private static byte[] Provoke(string flood, int i) => flood switch
    {
        "ping" => Wire.Ping(i),
        "settings" => Wire.Settings(),
        _ => Wire.Headers((2 * i) + 1, []),
    };

    private static void Drop(Network network)
    {
        network.DropEvents(SessionEventKind.SettingsReceived);
        network.DropEvents(SessionEventKind.StreamRejected);
    }
}
