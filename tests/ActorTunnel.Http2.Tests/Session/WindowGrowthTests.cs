using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>Receive windows grow with the bandwidth-delay product, and only with that.</summary>
public sealed class WindowGrowthTests
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;
    private const double Gigabit = 125e6;
    private static readonly SessionSettings Settings = new();

    [Fact]
    public void One_tunnel_fills_a_link_of_50_ms_and_1_gigabit_after_fifteen_round_trips()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();

        link.Run(15 * 50);

        Assert.InRange(link.Run(1_000), 0.9 * Gigabit, Gigabit * 1.01);
        Assert.InRange(tunnel.Window, 6_250_000, 14_000_000);
    }

    /// <summary>A process that has just begun is slow to answer.</summary>
    [Fact]
    public void Two_round_trips_are_too_few_to_decide_by()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();
        link.Check = () => Assert.True(tunnel.Window == Settings.StreamWindow || link.Pings.Count >= 3);

        link.Run(500);

        Assert.InRange(tunnel.Window, 2 * Settings.StreamWindow, 16 * MiB);
    }

    [Fact]
    public void The_first_ping_goes_out_when_our_settings_are_acknowledged_and_not_before()
    {
        using var network = new Network(SessionRole.Server);
        network.Session.Advance(TimeSpan.FromSeconds(1));
        network.Send(Wire.Preface);
        network.SendSettings();
        network.ExpectEvent(SessionEventKind.SettingsReceived);
        var stream = network.Request(1);
        for (var i = 0; i < 3; i++)
        {
            network.Send(Wire.Data(1, new byte[20_000]));
            network.ExpectPayload(stream, 20_000, repay: true);
        }

        Assert.DoesNotContain(network.TakeFrames(), frame => frame.FrameType == FrameType.Ping);
        network.Send(Wire.SettingsAck);

        Assert.Single(network.TakeFrames(), frame => frame.FrameType == FrameType.Ping);
    }

    [Fact]
    public void Without_room_to_grow_a_window_a_round_trip_is_all_and_nothing_is_measured()
    {
        using var link = new SimulatedLink(Settings with { MaxStreamWindow = Settings.StreamWindow }, 50);
        var tunnel = link.Open();

        Assert.InRange(link.Run(1_000), 1, Settings.StreamWindow / 0.05);
        Assert.Equal(Settings.StreamWindow, tunnel.Window);
        Assert.Empty(link.Pings);
    }

    [Theory]
    [InlineData(0.1, 500e6)]
    [InlineData(0.2, 1_000e6)]
    [InlineData(0.8, 1_000e6)]
    public void On_a_short_path_the_window_stays_as_it_was_and_three_measurements_are_enough(double roundTrip, double speed)
    {
        using var link = new SimulatedLink(Settings, roundTrip, speed);
        var tunnel = link.Open();
        link.Check = () => Assert.Equal(Settings.StreamWindow, tunnel.Window);

        link.Run(200);

        Assert.InRange(link.Pings.Count, 1, 3);
    }

    [Fact]
    public void A_path_that_turns_out_to_be_short_takes_a_wide_window_back()
    {
        using var link = new SimulatedLink(Settings with { MaxStreamWindow = MiB }, 0.5, 5e9, pingDelay: 5);
        var tunnel = link.Open();
        link.Run(100);
        Assert.Equal(MiB, tunnel.Window);

        link.PingDelay = TimeSpan.Zero;
        link.Run(600);

        Assert.Equal(Settings.StreamWindow, tunnel.Window);
    }

    [Fact]
    public void A_path_is_short_from_its_first_short_round_trip_on()
    {
        using var link = new SimulatedLink(Settings, 0.8, 5e9, pingDelay: 5);
        link.Check = () => link.PingDelay = link.Pings.Count < 2 ? link.PingDelay : TimeSpan.Zero;
        var tunnel = link.Open();

        link.Run(700); // Longer than a rest.

        Assert.Equal((Settings.StreamWindow, 4L * Settings.StreamWindow), (tunnel.Window, link.Server.Flow.Target));
        Assert.Equal(3, link.Pings.Count);
    }

    [Fact]
    public void A_measurement_that_came_to_nothing_behind_one_by_which_a_window_grew_is_repeated_at_once()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();
        while (tunnel.Receiver.ReceiveWindow.Goal == Settings.StreamWindow)
        {
            link.Run(1);
        }

        var (pings, window) = (link.Pings.Count, tunnel.Receiver.ReceiveWindow.Goal);
        tunnel.ReaderSpeed = 1e6;
        while (link.Pings.Count == pings)
        {
            link.Run(1);
        }

        link.Run(60);
        Assert.Equal(pings + 1, link.Pings.Count);
        Assert.InRange(tunnel.Receiver.ReceiveWindow.Goal, Settings.StreamWindow, window);
        tunnel.ReaderSpeed = null;
        link.Run(150);

        Assert.InRange(link.Pings.Count, pings + 2, pings + 3);
    }

    /// <summary>A full window waits in the network from the first measurement on, so no round trip is ever seen as short as it is.</summary>
    [Theory]
    [InlineData(0.2, 125e6)]
    [InlineData(2, 25e6)]
    [InlineData(5, 12.5e6)]
    [InlineData(10, 2e6)]
    public void On_a_slow_link_the_window_does_not_grow_with_the_queue_that_it_makes(double roundTrip, double speed)
    {
        using var link = new SimulatedLink(Settings, roundTrip, speed);
        var tunnel = link.Open();

        link.Run(5_000);

        Assert.InRange(tunnel.Window, Settings.StreamWindow, 2.2 * Settings.StreamWindow);
    }

    [Fact]
    public void Twenty_tunnels_fill_the_link_together()
    {
        using var link = new SimulatedLink(Settings, 50);
        for (var i = 0; i < 20; i++)
        {
            link.Open();
        }

        link.Run(1_000);

        Assert.InRange(link.Run(1_000), 0.9 * Gigabit, Gigabit * 1.01);
    }

    [Fact]
    public void A_hundred_tunnels_of_which_none_needs_more_than_its_window_fill_the_link_by_the_connections_window()
    {
        var settings = Settings with { StreamWindow = 64 * KiB };
        using var link = new SimulatedLink(settings, 50);
        for (var i = 0; i < 100; i++)
        {
            link.Open().IsSending = false;
        }

        link.Tunnels.ForEach(t => t.IsSending = true);
        link.Run(1_500);

        Assert.InRange(link.Run(1_000), 0.9 * Gigabit, Gigabit * 1.01);
    }

    [Fact]
    public void A_tunnel_that_comes_later_grows_as_fast()
    {
        using var link = new SimulatedLink(Settings, 50);
        var first = link.Open();
        link.Run(5_000);
        link.End(first);
        link.Run(500);

        link.Open();
        link.Run(15 * 50);

        Assert.InRange(link.Run(1_000), 0.9 * Gigabit, Gigabit * 1.01);
    }

    [Fact]
    public void A_slow_reader_does_not_make_its_window_grow()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();
        tunnel.ReaderSpeed = 2e6;

        link.Run(5_000);

        Assert.Equal(Settings.StreamWindow, tunnel.Window);
    }

    [Fact]
    public void A_reader_that_stands_still_gets_no_wider_window()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();
        link.Run(250);
        tunnel.ReaderSpeed = 0;
        var window = tunnel.Window;

        link.Run(2_000);

        Assert.Equal(window, tunnel.Window);
        Assert.InRange(tunnel.Receiver.UnpaidBytes, window * 3 / 4, window);
    }

    [Fact]
    public void A_reader_that_became_slow_loses_its_wide_window()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();
        link.Run(1_000);
        Assert.InRange(tunnel.Window, 6 * MiB, 16 * MiB);

        tunnel.ReaderSpeed = 2e6;
        link.Run(20_000);

        Assert.InRange(tunnel.Window, Settings.StreamWindow, 1 * MiB);
    }

    [Fact]
    public void A_tunnel_whose_path_became_slow_loses_its_wide_window()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();
        link.Run(1_000);
        Assert.InRange(tunnel.Window, 6 * MiB, 16 * MiB);

        link.BytesPerSecond = 1e6; // The window is wider than what this path holds, and is used at this speed.
        link.Run(30_000);

        Assert.InRange(tunnel.Window, Settings.StreamWindow, MiB);
    }

    [Fact]
    public void Pings_are_few()
    {
        using var link = new SimulatedLink(Settings, 5, 4 * Gigabit);
        for (var i = 0; i < 30; i++)
        {
            link.Tunnels.ForEach(t => t.IsSending = false);
            link.Open();
            link.Run(100);
        }

        link.Run(17_000);

        foreach (var second in link.Pings)
        {
            Assert.InRange(link.Pings.Count(p => p >= second && p < second + TimeSpan.FromSeconds(1)), 1, 14);
        }

        Assert.InRange(link.Pings.Count, 10, 14 + (4 * 3) + (2 * 17));
    }

    [Fact]
    public void A_ping_without_an_answer_is_the_last_and_costs_nothing_but_growth()
    {
        using var link = new SimulatedLink(Settings, 50) { PingDelay = null };
        link.Pings.Clear();
        var tunnel = link.Open();

        Assert.InRange(link.Run(2_000), 0.5 * Settings.StreamWindow / 0.05, Settings.StreamWindow / 0.05);

        Assert.Single(link.Pings);
        Assert.Equal(Settings.StreamWindow, tunnel.Window);
    }

    [Fact]
    public void An_answer_that_comes_late_makes_no_window_too_wide()
    {
        using var link = new SimulatedLink(Settings, 50);
        var tunnel = link.Open();
        link.Run(1_000);
        link.PingDelay = TimeSpan.FromSeconds(1);

        link.Run(10_000);

        Assert.InRange(tunnel.Window, 6_250_000, 14_000_000);
    }

    [Fact]
    public void Answers_that_nobody_waits_for_and_pings_of_the_peer_change_nothing()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Session.Advance(TimeSpan.FromSeconds(1));
        var stream = network.Tunnel(1);

        network.Send(Wire.Ping(WindowGrowth.PingOpaque, ack: true));

        Assert.Equal(WindowGrowth.PingOpaque, network.ExpectEvent(SessionEventKind.PingAcknowledged).Opaque);
        network.Send(Wire.Ping(WindowGrowth.PingOpaque));
        network.DropFrames();
        Assert.Equal(network.Settings.StreamWindow, stream.ReceiveWindow.Goal);
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Session.Ping(WindowGrowth.PingOpaque));
    }
}
