using ActorTunnel.Proxy.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace ActorTunnel.Host.Admin;

/// <summary>Collects the node's meter and the runtime's for <c>/metrics</c>.</summary>
internal static class AdminMetrics
{
    /// <summary>From the first call on every measurement counts; so it is called before the node starts.</summary>
    /// <param name="node">The node's name.</param>
    public static MeterProvider Start(string node) => Sdk.CreateMeterProviderBuilder()
        .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService("actortunnel", serviceInstanceId: node))
        .AddMeter(ProxyMeters.MeterName)
        // The process's CPU time and memory, garbage collection, the thread pool.
        .AddMeter("System.Runtime")
        .AddView(
            "actortunnel.tunnels.setup.duration",
            new ExplicitBucketHistogramConfiguration { Boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] })
        .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0)
        .Build();
}
