using System.Globalization;
using ActorTunnel.Benchmarks.Harness.Works;
using static System.FormattableString;

namespace ActorTunnel.Benchmarks.Harness.Reports;

/// <summary>Whether one thing that we want of ourselves was so.</summary>
/// <param name="Words">What is wanted.</param>
/// <param name="Measured">What was.</param>
/// <param name="IsMet">Whether that is enough.</param>
internal sealed record TargetOutcome(string Words, string Measured, bool IsMet);

/// <summary>What we want of the TLS chain, against others in the same results. What was not measured is left out.</summary>
internal static class Targets
{
    public const string Ours = "actortunnel-tls";

    private const string Direct = "direct";
    private const double LeastBulk = 1.0;
    private const double LeastMessages = 1.2;
    private const double LeastOpens = 2.5;
    private const double MostIdleKilobytes = 20;
    private const double MostIdleCpu = 2; // Percent of a core; less than that.
    private const double MostLoss = 5; // Percent; less than that.
    private const double LeastLink = 0.9;

    private static readonly string[] OtherHttp2 = ["kestrel-tls", "node-tls", "nghttpx-httpd-tls"];

    public static IReadOnlyList<TargetOutcome> Of(ResultSet results)
    {
        IEnumerable<TargetOutcome?> all =
        [
            .. new[] { 1, 8, 64 }.Select(tunnels => AtLeast("bulk", tunnels, "gbits", LeastBulk, ResultSet.Rival)),
            .. new[] { 1, 8, 64 }.Select(tunnels => AtLeast("bulk-both", tunnels, "gbits", LeastBulk, ResultSet.Rival)),
            .. new[] { 100, 1000 }.Select(tunnels => AtLeast("messages", tunnels, "rate", LeastMessages, ResultSet.Rival)),
            .. new[] { 100, 1000 }.Select(tunnels => NoMore("messages", tunnels, "p99", ResultSet.Rival)),
            NoMore("messages", 1, "p50", ResultSet.Rival),
            AtLeast("opens", 16, "rate", LeastOpens, ResultSet.Rival),
            .. OtherHttp2.Select(other => AtLeast("opens", 16, "rate", 1, other)),
            .. Idle("kb", "at most", "kB", MostIdleKilobytes, value => value <= MostIdleKilobytes),
            .. Idle("cpu-front", "less than", "% of a core, front", MostIdleCpu, value => value < MostIdleCpu),
            .. Idle("cpu-back", "less than", "% of a core, back", MostIdleCpu, value => value < MostIdleCpu),
            Value("stalled", 1, "loss") is { } loss ? new TargetOutcome(Invariant($"stalled: less than {MostLoss} % less"), Invariant($"{loss:0.0} %"), loss < MostLoss) : null,
            AtLeast("link-bulk", 1, "gbits", LeastLink, Direct),
        ];
        return [.. all.OfType<TargetOutcome>()];

        TargetOutcome? AtLeast(string work, int tunnels, string key, double least, string other) =>
            Value(work, tunnels, key) / Value(work, tunnels, key, other) is { } ratio
                ? new TargetOutcome(Invariant($"{work}, {tunnels}: at least {least:0.0#} of {other}"), Invariant($"{ratio:0.00}"), ratio >= least)
                : null;

        TargetOutcome? NoMore(string work, int tunnels, string key, string other) =>
            (Value(work, tunnels, key), Value(work, tunnels, key, other)) is ({ } ours, { } theirs)
                ? new TargetOutcome($"{work}, {tunnels.ToString(CultureInfo.InvariantCulture)}: {key} no more than that of {other}", Invariant($"{ours:0} µs and {theirs:0} µs"), ours <= theirs)
                : null;

        IEnumerable<TargetOutcome?> Idle(string key, string words, string unit, double most, Func<double, bool> isMet) => results.Works
            .Where(work => work.Shape.Name == "idle")
            .Select(work => Value("idle", work.Tunnels, key) is { } value
                ? new TargetOutcome(Invariant($"idle, {work.Tunnels}: {words} {most} {unit}"), Invariant($"{value:0.0}"), isMet(value))
                : null);

        double? Value(string work, int tunnels, string key, string chain = Ours) => results.Figure(chain, WorkShape.Of(work), tunnels, key)?.Median;
    }
}
