using System.Globalization;

namespace ActorTunnel.TestSupport.Telemetry;

/// <summary>Reads what a node's <c>/metrics</c> answers, in Prometheus' text format.</summary>
public static class MetricsText
{
    /// <summary>The sum of a series over all of its label sets; 0 where there is none.</summary>
    public static double Sum(string text, string series) => text
        .Split('\n')
        .Where(line => line.StartsWith(series, StringComparison.Ordinal) && line[series.Length] is '{' or ' ')
        .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
}
