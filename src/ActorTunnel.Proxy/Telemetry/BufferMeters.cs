using System.Diagnostics.Metrics;
using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Proxy.Telemetry;

/// <summary>Shows a pool's own counts on the meter <see cref="ProxyMeters.MeterName"/>; read when somebody collects, so lending a buffer costs nothing more.</summary>
public static class BufferMeters
{
    /// <summary>Creates the instruments; they live as long as the meter.</summary>
    public static void Create(IMeterFactory factory, BufferPool pool)
    {
        var meter = factory.Create(ProxyMeters.MeterName);
        meter.CreateObservableCounter("actortunnel.buffers.rented", () => pool.Rented, "{buffer}", "Buffers lent since the start");
        meter.CreateObservableUpDownCounter(
            "actortunnel.buffers.outstanding", () => pool.OutstandingBytes, "By", "Memory of the buffers that are lent");
    }
}
