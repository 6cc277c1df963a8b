using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ActorTunnel.Proxy.Telemetry;

namespace ActorTunnel.Scenarios.Support;

/// <summary>The meters of one node, summed up.</summary>
internal sealed class Counters : IDisposable
{
    private readonly Meter _meter = new(ProxyMeters.MeterName);
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new();

    public Counters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Add);
        _listener.Start();
        Meters = new ProxyMeters(_meter);
    }

    public ProxyMeters Meters { get; }

    /// <summary>
    /// An instrument's sum over all tags (<c>tunnels.open</c>), or over those that have one certain tag (<c>limits.hit{limit=buffers}</c>).
    /// </summary>
    public long Sum(string name) => _sums.GetValueOrDefault(name);

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    private void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var name = instrument.Name["actortunnel.".Length..];
        _sums.AddOrUpdate(name, value, (_, sum) => sum + value);
        foreach (var tag in tags)
        {
            _sums.AddOrUpdate($"{name}{{{tag.Key}={tag.Value}}}", value, (_, sum) => sum + value);
        }
    }
}
