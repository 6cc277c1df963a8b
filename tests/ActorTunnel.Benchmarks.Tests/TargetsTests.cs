using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Reports;
using ActorTunnel.Benchmarks.Harness.Results;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>What counts as good enough.</summary>
public sealed class TargetsTests
{
    [Theory]
    [InlineData("bulk", 8, "gbits", 3.0, 3.0, "met bulk, 8: at least 1.0 of haproxy-tls: 1.00")]
    [InlineData("bulk-both", 64, "gbits", 2.9, 3.0, "missed bulk-both, 64: at least 1.0 of haproxy-tls: 0.97")]
    [InlineData("messages", 100, "rate", 1.2, 1.0, "met messages, 100: at least 1.2 of haproxy-tls: 1.20")]
    [InlineData("messages", 1000, "p99", 11.0, 10.0, "missed messages, 1000: p99 no more than that of haproxy-tls: 11 µs and 10 µs")]
    [InlineData("messages", 1, "p50", 9.0, 10.0, "met messages, 1: p50 no more than that of haproxy-tls: 9 µs and 10 µs")]
    [InlineData("opens", 16, "rate", 2.4, 1.0, "missed opens, 16: at least 2.5 of haproxy-tls: 2.40")]
    public void It_is_compared_with_the_rival(string work, int tunnels, string key, double ours, double theirs, string expected) =>
        Assert.Equal([expected], Outcomes(Result("actortunnel-tls", work, tunnels, key, ours), Result("haproxy-tls", work, tunnels, key, theirs)));

    [Theory]
    [InlineData("idle", 9800, "kb", 20.1, "missed idle, 9800: at most 20 kB: 20.1")]
    [InlineData("idle", 9800, "cpu-back", 0.7, "met idle, 9800: less than 2 % of a core, back: 0.7")]
    [InlineData("idle", 9800, "cpu-front", 2.0, "missed idle, 9800: less than 2 % of a core, front: 2.0")]
    [InlineData("stalled", 1, "loss", 5.0, "missed stalled: less than 5 % less: 5.0 %")]
    public void It_is_compared_with_a_number(string work, int tunnels, string key, double ours, string expected) =>
        Assert.Equal([expected], Outcomes(Result("actortunnel-tls", work, tunnels, key, ours)));

    [Fact]
    public void Opens_are_to_be_ahead_of_every_other_HTTP_2_and_the_link_near_to_the_direct_one() => Assert.Equal(
        ["missed opens, 16: at least 1.0 of node-tls: 0.50", "met link-bulk, 1: at least 0.9 of direct: 0.95"],
        Outcomes(
            Result("actortunnel-tls", "opens", 16, "rate", 1),
            Result("node-tls", "opens", 16, "rate", 2),
            Result("actortunnel-tls", "link-bulk", 1, "gbits", 0.95),
            Result("direct", "link-bulk", 1, "gbits", 1)));

    [Fact]
    public void What_was_not_measured_is_left_out() => Assert.Empty(Outcomes(Result("haproxy-tls", "bulk", 1, "gbits", 1)));

    private static IEnumerable<string> Outcomes(params BenchLine[] lines) =>
        Targets.Of(new ResultSet(lines)).Select(target => $"{(target.IsMet ? "met" : "missed")} {target.Words}: {target.Measured}");

    private static BenchResult Result(string chain, string work, int tunnels, string key, double value) => new(
        chain, work, tunnels, 1, 1, new Dictionary<string, double> { [key] = value }, new Dictionary<string, ProcessUse>(), Failure: null);
}
