namespace ActorTunnel.Benchmarks.Harness.Statistics;

/// <summary>A figure over several runs.</summary>
/// <param name="Median">Of two in the middle, their mean.</param>
/// <param name="Least">The least of them.</param>
/// <param name="Most">The greatest of them.</param>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    /// <param name="values">At least one.</param>
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
