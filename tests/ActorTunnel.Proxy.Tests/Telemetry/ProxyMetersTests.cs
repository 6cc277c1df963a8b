using System.Diagnostics.Metrics;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Telemetry;

public sealed class ProxyMetersTests : IDisposable
{
    private readonly Meter _meter = new(ProxyMeters.MeterName);
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _sums = [];
    private readonly ProxyMeters _meters;

    public ProxyMetersTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
        _meters = new ProxyMeters(_meter);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Connections_are_counted_and_those_open_go_up_and_down()
    {
        _meters.ConnectionAccepted("tunnel-in");
        _meters.ConnectionAccepted("tunnel-in");
        _meters.ConnectionAccepted("other");
        _meters.ConnectionClosed("tunnel-in");

        AssertSums(
            ("connections.accepted{listener=tunnel-in}", 2),
            ("connections.accepted{listener=other}", 1),
            ("connections.open{listener=tunnel-in}", 1),
            ("connections.open{listener=other}", 1));
    }

    [Fact]
    public void Sessions_are_counted_by_who_has_them_and_by_how_they_ended()
    {
        var dialled = SessionScope.OfUpstream("terminators");
        var accepted = SessionScope.OfListener("connect-in");
        _meters.SessionOpened(dialled);
        _meters.SessionOpened(dialled);
        _meters.SessionOpened(accepted);
        _meters.SessionRetired(dialled);
        _meters.SessionEnded(dialled, wasRetired: true, lost: false);
        _meters.SessionEnded(accepted, wasRetired: false, lost: true);

        AssertSums(
            ("sessions.opened{upstream=terminators}", 2),
            ("sessions.open{upstream=terminators}", 1),
            ("sessions.retired{upstream=terminators}", 1),
            ("sessions.retired.open{upstream=terminators}", 0),
            ("sessions.opened{listener=connect-in}", 1),
            ("sessions.open{listener=connect-in}", 0),
            ("sessions.lost{listener=connect-in}", 1));
    }

    [Fact]
    public void Tunnels_are_counted_with_the_time_that_they_took_and_failures_by_reason()
    {
        _meters.TunnelOpened("l", "u", TimeSpan.FromMilliseconds(250));
        _meters.TunnelOpened("l", "u", TimeSpan.FromMilliseconds(500));
        _meters.TunnelClosed("l", "u");
        _meters.TunnelFailed("l", "u", ConnectFailureReason.ConnectionRefused);
        _meters.TunnelFailed("l", null, ConnectFailureReason.NoRoute);

        AssertSums(
            ("tunnels.opened{listener=l,upstream=u}", 2),
            ("tunnels.open{listener=l,upstream=u}", 1),
            ("tunnels.setup.duration{listener=l,upstream=u}", 0.75),
            ("tunnels.failed{listener=l,reason=connection-refused,upstream=u}", 1),
            ("tunnels.failed{listener=l,reason=no-route}", 1));
    }

    [Fact]
    public void Bytes_are_counted_each_way()
    {
        _meters.BytesDelivered("l", "u", ByteDirection.ToUpstream, 10);
        _meters.BytesDelivered("l", "u", ByteDirection.ToUpstream, 5);
        _meters.BytesDelivered("l", "u", ByteDirection.ToDownstream, 7_000_000_000);

        AssertSums(
            ("tunnels.bytes{direction=to-upstream,listener=l,upstream=u}", 15),
            ("tunnels.bytes{direction=to-downstream,listener=l,upstream=u}", 7_000_000_000));
    }

    [Fact]
    public void Limits_and_dials_are_counted_by_name_and_by_outcome()
    {
        _meters.LimitHit("dials-per-session");
        _meters.DialStarted("u");
        _meters.DialStarted("u");
        _meters.DialStarted("u");
        _meters.DialStarted("u");
        _meters.DialEnded("u", DialOutcome.Connected);
        _meters.DialEnded("u", DialOutcome.Failed);
        _meters.DialEnded("u", DialOutcome.Cancelled);

        AssertSums(
            ("limits.hit{limit=dials-per-session}", 1),
            ("dials.open{upstream=u}", 1),
            ("dials.ended{outcome=connected,upstream=u}", 1),
            ("dials.ended{outcome=failed,upstream=u}", 1),
            ("dials.ended{outcome=cancelled,upstream=u}", 1));
    }

    [Fact]
    public void Two_instances_do_not_see_each_other()
    {
        using var otherMeter = new Meter(ProxyMeters.MeterName);
        new ProxyMeters(otherMeter).ConnectionAccepted("l");

        AssertSums();
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        // Without a listener of its own, so that only the recording is measured.
        using var otherMeter = new Meter("quiet");
        var meters = new ProxyMeters(otherMeter);
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => Enable(instrument, self, otherMeter) };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.Start();
        meters.BytesDelivered("l", "u", ByteDirection.ToUpstream, 1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            meters.BytesDelivered("l", "u", ByteDirection.ToUpstream, 1);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Enable(Instrument instrument, MeterListener listener, Meter meter)
    {
        if (ReferenceEquals(instrument.Meter, meter))
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"));
        var series = $"{instrument.Name}{{{labels}}}";
        _sums[series] = _sums.GetValueOrDefault(series) + value;
    }

    private void AssertSums(params (string Series, double Sum)[] expected) =>
        Assert.Equal(
            expected.ToDictionary(pair => $"actortunnel.{pair.Series}", pair => pair.Sum).OrderBy(pair => pair.Key, StringComparer.Ordinal),
            _sums.OrderBy(pair => pair.Key, StringComparer.Ordinal));
}
