using ActorTunnel.Http2.Session;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>What all windows of a session may grow by, so that no stream takes its neighbours' part.</summary>
public sealed class WindowBudgetTests
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;
    private const double Gigabit = 125e6;
    private static readonly SessionSettings Settings = new();

    /// <summary>Half of the budget is theirs, and the other half is not.</summary>
    [Fact]
    public void Readers_that_stand_still_behind_wide_windows_leave_their_neighbours_the_initial_one()
    {
        using var link = new SimulatedLink(Settings, 50, 4 * Gigabit);
        for (var i = 0; i < 5; i++)
        {
            link.Open();
        }

        link.Run(2_000);
        var stalled = link.Tunnels.ToArray();
        Array.ForEach(stalled, t => t.ReaderSpeed = 0);
        link.Run(2_000);
        Assert.InRange(link.Server.UnpaidBytes, Settings.ReceiveBudget / 4, (Settings.ReceiveBudget / 2) + (5 * Settings.StreamWindow));

        link.Open();

        Assert.InRange(link.Run(1_000), 0.5 * Settings.StreamWindow / 0.05, double.MaxValue);
    }

    [Fact]
    public void What_a_reader_that_stands_still_holds_counts_once()
    {
        using var link = new SimulatedLink(Settings, 50);
        var stalled = link.Open();
        link.Run(1_000);
        stalled.ReaderSpeed = 0;
        link.Run(500);
        Assert.InRange(link.Server.UnpaidBytes, (Settings.ReceiveBudget / 4) + 1, Settings.ReceiveBudget / 2);

        var neighbour = link.Open();
        link.Run(1_000);

        Assert.InRange(neighbour.Window, 2 * MiB, 8 * MiB);
    }

    [Fact]
    public void What_tunnels_left_unread_when_they_ended_leaves_later_ones_less_to_grow_by()
    {
        using var link = new SimulatedLink(Settings, 50);
        for (var i = 0; i < 5; i++)
        {
            var tunnel = link.Open();
            link.Run(1_000);
            tunnel.ReaderSpeed = 0;
            link.Run(200);
            link.End(tunnel);
            link.Run(200);
        }

        Assert.InRange(link.Server.UnpaidBytes, Settings.ReceiveBudget / 4, (Settings.ReceiveBudget / 2) + (5 * Settings.StreamWindow));
    }

    [Fact]
    public void Nothing_grows_while_the_process_has_lent_all_its_buffers()
    {
        using var link = new SimulatedLink(Settings with { MaxBuffers = 1 }, 50);
        var tunnel = link.Open();

        link.Run(2_000);

        Assert.Equal(Settings.StreamWindow, tunnel.Window);
        Assert.Equal(4L * Settings.StreamWindow, link.Server.Flow.Target);
    }

    [Fact]
    public void Whatever_happens_the_budget_holds_and_windows_stay_in_their_range() =>
        Gen.Select(Gen.Double[0.5, 80], Gen.Double[1e6, 500e6], Gen.Int[1, 40], Gen.Int[1, 64], Gen.Int).Sample(
            (roundTrip, speed, budgetMiB, windowKiB, seed) =>
            {
                var random = new Random(seed);
                var settings = new SessionSettings { StreamWindow = windowKiB * 8 * KiB, ReceiveBudget = budgetMiB * MiB };
                using var link = new SimulatedLink(settings, roundTrip, speed);
                link.Check = () => AssertInvariants(link);
                for (var i = 0; i < 12; i++)
                {
                    switch (random.Next(6))
                    {
                        case 0 or 1:
                            link.Open();
                            break;
                        case 2 when link.Tunnels.Count > 0:
                            var changed = link.Tunnels[random.Next(link.Tunnels.Count)];
                            changed.ReaderSpeed = random.Next(3) switch { 0 => 0, 1 => random.NextDouble() * 10e6, _ => null };
                            break;
                        case 3 when link.Tunnels.Count > 0:
                            link.Tunnels[random.Next(link.Tunnels.Count)].IsSending ^= true;
                            break;
                        case 4:
                            link.BytesPerSecond = speed * (0.1 + random.NextDouble());
                            break;
                        default:
                            link.Run(roundTrip * random.Next(1, 8));
                            break;
                    }
                }
            },
            iter: 60);

    private static void AssertInvariants(SimulatedLink link)
    {
        var flow = link.Server.Flow;
        var settings = link.Settings;
        Assert.InRange(flow.Announced + flow.Unpaid, 0, settings.ReceiveBudget);
        Assert.True(flow.Target - flow.Announced <= (flow.Target / 4) + settings.MaxFrameSize, "the connection's window is not announced");
        var grown = 0L;
        foreach (var tunnel in link.Tunnels)
        {
            if (tunnel.Receiver is { } stream)
            {
                var window = stream.ReceiveWindow;
                Assert.InRange(window.Goal, settings.StreamWindow, Math.Max(settings.StreamWindow, settings.MaxStreamWindow));
                Assert.True(window.Announced >= 0);
                var underWay = window.Target - window.Announced - window.Unannounced - stream.UnpaidBytes; // Of a frame that is not whole yet.
                Assert.InRange(underWay, 0, settings.MaxFrameSize);
                grown += Math.Max(window.Goal, window.Target) - settings.StreamWindow;
            }
        }

        Assert.InRange(grown, 0, settings.ReceiveBudget / 2);
    }
}
