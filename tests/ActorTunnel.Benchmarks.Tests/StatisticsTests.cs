using ActorTunnel.Benchmarks.Harness.Statistics;
using CsCheck;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>Medians and percentiles.</summary>
public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3)]
    [InlineData(new[] { 5.0, 1, 3 }, 3, 1, 5)]
    [InlineData(new[] { 4.0, 1, 3, 100 }, 3.5, 1, 100)]
    public void A_spread_has_the_median_the_least_and_the_most(double[] values, double median, double least, double most) =>
        Assert.Equal(new Spread(median, least, most), Spread.Of(values));

    [Fact]
    public void A_histogram_without_times_has_no_percentile() => Assert.Equal(double.NaN, new LatencyHistogram().Microseconds(0.5));

    [Fact]
    public void Short_times_are_exact()
    {
        var histogram = Of(10, 20, 30, 40);

        Assert.Equal([0.02, 0.04, 0.01], new[] { 0.5, 0.99, 0 }.Select(histogram.Microseconds));
    }

    [Fact]
    public void Clearing_forgets_all_times()
    {
        var histogram = Of(10, 20);
        histogram.Clear();
        histogram.Add(TimeSpan.FromMicroseconds(7));

        Assert.Equal((1, 7.0), (histogram.Count, Math.Round(histogram.Microseconds(1), 1)));
    }

    [Fact]
    public void Every_percentile_is_within_the_width_of_a_bucket() =>
        Gen.Select(Gen.Long[0, 100_000_000_000].Array[1, 200], Gen.Double[0, 1]).Sample((times, share) =>
        {
            var exact = times.Order().ElementAt(Math.Max(1, (int)Math.Ceiling(share * times.Length)) - 1) / 1000.0;

            Assert.InRange(Of(times).Microseconds(share), exact * 0.996, exact * 1.004);
        });

    private static LatencyHistogram Of(params long[] nanoseconds)
    {
        var histogram = new LatencyHistogram();
        foreach (var time in nanoseconds)
        {
            histogram.AddNanoseconds(time);
        }

        return histogram;
    }
}
