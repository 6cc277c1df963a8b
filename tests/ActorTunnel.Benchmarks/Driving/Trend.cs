namespace ActorTunnel.Benchmarks.Driving;

/// <summary>Whether a figure grows over time.</summary>
internal static class Trend
{
    /// <summary>The Theil–Sen slope, a median of the slopes between all pairs, so that single peaks do not count. Per minute.</summary>
    public static double PerMinute(IReadOnlyList<(TimeSpan At, double Value)> points)
    {
        var slopes = new List<double>();
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = i + 1; j < points.Count; j++)
            {
                slopes.Add((points[j].Value - points[i].Value) / (points[j].At - points[i].At).TotalMinutes);
            }
        }

        slopes.Sort();
        return slopes.Count == 0 ? 0 : slopes[slopes.Count / 2];
    }
}
