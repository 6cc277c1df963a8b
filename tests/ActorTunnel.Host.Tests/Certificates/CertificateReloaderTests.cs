using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ActorTunnel.Host.Certificates;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Proxy.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static ActorTunnel.Host.Tests.Certificates.CertificateStore;

namespace ActorTunnel.Host.Tests.Certificates;

public sealed class CertificateReloaderTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _log = new();
    private readonly ConcurrentQueue<TlsSection> _used = new();
    private readonly Meter _meter = new("test");
    private readonly CertificateReloader _reloader;

    public CertificateReloaderTests()
    {
        _folder.Write(Old);
        _folder.Write("ca.pem", Old.Certificate);
        _reloader = new CertificateReloader(
            new CertificateSettings(Interval, [_folder.Section()]), _used.Enqueue, new ProxyMeters(_meter), _log, _time);
    }

    public void Dispose()
    {
        _reloader.Dispose();
        _meter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_change_is_logged_once_whether_it_can_be_used_or_not()
    {
        await _reloader.StartAsync(CancellationToken.None);
        await PassAsync(3 * Interval, () => true);
        Assert.Empty(_log.Lines);

        _folder.Write("cert.pem", New.Certificate);
        await PassAsync(5 * Interval, () => !_log.Lines.IsEmpty);
        await PassAsync(5 * Interval, () => true);
        Assert.Equal(
            $"Warning listener in: its new certificates cannot be used, the old ones stay in use: {_folder.File("key.pem")} holds a key that does not belong to the certificate",
            Assert.Single(_log.Lines));
        Assert.Empty(_used);

        _folder.Write("key.pem", New.Key);
        await PassAsync(5 * Interval, () => _log.Lines.Count == 2);
        await PassAsync(5 * Interval, () => true);
        Assert.StartsWith("Information listener in: new certificates are in use: 'CN=new' number ", _log.Lines.Last(), StringComparison.Ordinal);
        Assert.Equal(2, _log.Lines.Count);
        Assert.Single(_used);
        await _reloader.StopAsync(CancellationToken.None);
    }

    /// <summary>Lets at least so much time pass, and more until a condition holds. The reloader looks on another thread, so each second waits for real a little.</summary>
    private async Task PassAsync(TimeSpan time, Func<bool> condition)
    {
        var end = _time.GetUtcNow() + time;
        var patience = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(20);
        while (_time.GetUtcNow() < end || !condition())
        {
            Assert.True(TimeProvider.System.GetUtcNow() < patience, $"it did not come to pass; the log: {string.Join('\n', _log.Lines)}");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }
    }

    private sealed class LogLines : ILogger<CertificateReloader>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}
