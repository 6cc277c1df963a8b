using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Reports;
using ActorTunnel.Benchmarks.Harness.Results;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>The table.</summary>
public sealed class ResultTableTests
{
    [Fact]
    public void It_has_medians_spreads_ratios_and_what_the_processes_used()
    {
        List<BenchLine> lines = [new BenchSetup("two cores")];
        foreach (var (run, rival, ours) in new[] { (1, 2.0, 3.0), (2, 4.0, 9.0), (3, 3.0, 6.0) })
        {
            lines.Add(Bulk("direct", run, 10));
            lines.Add(Bulk("haproxy-tls", run, rival, front: 1));
            lines.Add(Bulk("actortunnel-tls", run, ours, front: 2));
        }

        lines.Add(new BenchSkip("node-tls", null, 0, "node is not installed (Debian package nodejs)"));

        Assert.Equal(
            """
            two cores
            medians (least to most); x: against haproxy-tls; CPU: seconds of each process for each second measured; MiB: resident

            Bulk one way, tunnels: 8
                             Gbit/s                       x  CPU front  CPU origin  MiB front
            direct            10.00  (10.00 to 10.00)  3.33          -        0.25          -
            haproxy-tls        3.00    (2.00 to 4.00)  1.00       0.50        0.25         20
            actortunnel-tls    6.00    (3.00 to 9.00)  2.00       1.00        0.25         20

            Targets of actortunnel-tls
            met  bulk, 8: at least 1.0 of haproxy-tls  2.00

            skipped: node-tls: node is not installed (Debian package nodejs)

            """,
            ResultTable.Write(new ResultSet(lines)));
    }

    [Fact]
    public void A_work_that_failed_once_has_the_reason_in_place_of_figures()
    {
        List<BenchLine> lines = [Bulk("direct", 1, 10), Bulk("direct", 2, 10) with { Failure = "tunnel 3: it was reset" }];

        var table = ResultTable.Write(new ResultSet(lines));

        Assert.Contains("\ndirect  failed: tunnel 3: it was reset (run 2)\n", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Works_stand_in_the_order_of_their_list_and_by_tunnels()
    {
        BenchLine[] lines = [Opens(), Bulk("direct", 1, 1) with { Tunnels = 64 }, Bulk("direct", 1, 1) with { Tunnels = 1 }];

        Assert.Equal([("bulk", 1), ("bulk", 64), ("opens", 16)], new ResultSet(lines).Works.Select(work => (work.Shape.Name, work.Tunnels)));
    }

    private static BenchResult Opens() => Bulk("direct", 1, 1) with { Work = "opens", Tunnels = 16, Figures = new Dictionary<string, double> { ["rate"] = 7 } };

    private static BenchResult Bulk(string chain, int run, double gigabits, double? front = null)
    {
        var processes = new Dictionary<string, ProcessUse> { ["origin"] = new(0.5, 30) };
        if (front is { } seconds)
        {
            processes["front"] = new ProcessUse(seconds, 20);
        }

        return new BenchResult(chain, "bulk", 8, run, 2, new Dictionary<string, double> { ["gbits"] = gigabits }, processes, Failure: null);
    }
}
