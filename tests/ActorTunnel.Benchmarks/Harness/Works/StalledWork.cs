using System.Diagnostics;
using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Tunnels;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>
/// A bulk tunnel, measured three times: alone, beside one that is filled and not read, and alone again. Where tunnels share a session both are in the same, and both
/// carry in the same direction.
/// </summary>
/// <param name="Ahead">How long the fast one runs before it is measured.</param>
internal sealed record StalledWork(TimeSpan Ahead) : Work("stalled", 1)
{
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(0.3);

    public override int Held => 2;

    public override Measured Run(Bench bench)
    {
        var traffic = new BulkTraffic(bench, Tunnels, OriginRole.Sink);
        bench.Poller.For(Ahead);
        var (before, _) = Measure(bench, traffic);

        var stalled = traffic.Add(Tunnels, OriginRole.Stall);
        AwaitStuck(bench, stalled);
        var (beside, used) = Measure(bench, traffic);

        stalled.StopSending();
        bench.ReleaseStalled();
        bench.Poller.Until(() => bench.Since().Late == stalled.Sent, Bench.Patience, () => "the stalled tunnel's bytes did not arrive when it was read again");
        var (after, _) = Measure(bench, traffic);
        traffic.Finish();
        var alone = (before + after) / 2;
        return new Measured(new Dictionary<string, double> { ["gbits"] = beside, ["alone"] = alone, ["loss"] = (1 - (beside / alone)) * 100 }, used);
    }

    private static (double Gigabits, IReadOnlyDictionary<string, ProcessUse> Used) Measure(Bench bench, BulkTraffic traffic)
    {
        var gigabits = 0.0;
        var used = bench.Measure(traffic.BeginCount, _ => gigabits = traffic.GigabitsSince());
        return (gigabits, used);
    }

    private static void AwaitStuck(Bench bench, BulkTunnel tunnel)
    {
        var (sent, since) = (0L, Stopwatch.GetTimestamp());
        bench.Poller.Until(
            () =>
            {
                if (tunnel.Sent != sent)
                {
                    (sent, since) = (tunnel.Sent, Stopwatch.GetTimestamp());
                }

                return sent > 0 && Stopwatch.GetElapsedTime(since) > Stuck;
            },
            Bench.Patience,
            () => $"a tunnel that nobody reads took {sent} bytes and was not stopped");
    }
}
