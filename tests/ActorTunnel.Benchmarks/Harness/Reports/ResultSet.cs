using ActorTunnel.Benchmarks.Harness.Results;
using ActorTunnel.Benchmarks.Harness.Statistics;
using ActorTunnel.Benchmarks.Harness.Works;

namespace ActorTunnel.Benchmarks.Harness.Reports;

/// <summary>All lines of a results file, as figures over runs.</summary>
internal sealed class ResultSet
{
    /// <summary>The chain that others are compared with.</summary>
    public const string Rival = "haproxy-tls";

    private readonly ILookup<(string Chain, string Work, int Tunnels), BenchResult> _results;

    public ResultSet(IReadOnlyList<BenchLine> lines)
    {
        var results = lines.OfType<BenchResult>().ToList();
        _results = results.ToLookup(result => (result.Chain, result.Work, result.Tunnels));
        Notes = [.. lines.OfType<BenchSetup>().Select(setup => setup.Note)];
        Chains = [.. results.Select(result => result.Chain).Distinct()];
        Works =
        [
            .. WorkShape.All.SelectMany(shape => results.Where(result => result.Work == shape.Name).Select(result => result.Tunnels)
                .Distinct().Order().Select(tunnels => (shape, tunnels))),
        ];
        Skips =
        [
            .. lines.OfType<BenchSkip>().Select(skip => skip.Work is null ? $"{skip.Chain}: {skip.Reason}" : $"{skip.Chain}, {skip.Work}, {skip.Tunnels}: {skip.Reason}").Distinct(),
        ];
    }

    public IReadOnlyList<string> Notes { get; }

    /// <summary>In the order in which they were measured.</summary>
    public IReadOnlyList<string> Chains { get; }

    public IReadOnlyList<(WorkShape Shape, int Tunnels)> Works { get; }

    /// <summary>What was skipped, and why.</summary>
    public IReadOnlyList<string> Skips { get; }

    /// <summary>Over the runs; null where there is none.</summary>
    public Spread? Figure(string chain, WorkShape shape, int tunnels, string key) =>
        Over(chain, shape, tunnels, result => result.Figures.TryGetValue(key, out var value) ? value : null);

    /// <summary>CPU seconds of a part for each second that was measured.</summary>
    public Spread? Cpu(string chain, WorkShape shape, int tunnels, string part) =>
        Over(chain, shape, tunnels, result => result.Processes.TryGetValue(part, out var use) ? use.CpuSeconds / result.Seconds : null);

    /// <summary>Resident memory of a part in MiB.</summary>
    public Spread? Resident(string chain, WorkShape shape, int tunnels, string part) =>
        Over(chain, shape, tunnels, result => result.Processes.TryGetValue(part, out var use) ? use.ResidentMiB : null);

    /// <summary>Why a work failed in the first run in which it did, or null.</summary>
    public string? Failure(string chain, WorkShape shape, int tunnels) =>
        _results[(chain, shape.Name, tunnels)].FirstOrDefault(result => result.Failure is not null) is { } failed ? $"{failed.Failure} (run {failed.Run})" : null;

    private Spread? Over(string chain, WorkShape shape, int tunnels, Func<BenchResult, double?> value)
    {
        var values = _results[(chain, shape.Name, tunnels)].Where(result => result.Failure is null).Select(value).OfType<double>().ToList();
        return values.Count > 0 ? Spread.Of(values) : null;
    }
}
