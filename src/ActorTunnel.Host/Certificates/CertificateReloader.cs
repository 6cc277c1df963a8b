using System.Threading.Channels;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Proxy.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorTunnel.Host.Certificates;

/// <summary>Looks at the files of every <c>tls</c> section again and again, and hands new certificates to the node.</summary>
/// <param name="settings">What is watched, and how often.</param>
/// <param name="use">Takes a section with new certificates; must not block.</param>
/// <param name="meters">Counts what was found.</param>
/// <param name="log">Told once of each change.</param>
/// <param name="time">The clock.</param>
internal sealed partial class CertificateReloader(
    CertificateSettings settings, Action<TlsSection> use, ProxyMeters meters, ILogger<CertificateReloader> log, TimeProvider time) : BackgroundService
{
    // One look takes in all that was asked for before it began.
    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Asks for a look at once, from any thread.</summary>
    internal void LookNow() => _asked.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watches = settings.Sections.Select(section => (section.Scope, Watch: new CertificateWatch(section, time))).ToArray();
        if (watches.Length == 0)
        {
            return;
        }

        var interval = settings.ReloadInterval == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : settings.ReloadInterval;
        await using var periodic = time.CreateTimer(_ => LookNow(), null, interval, interval);
        await using var settling = time.CreateTimer(_ => LookNow(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await foreach (var _ in _asked.Reader.ReadAllAsync(stoppingToken))
        {
            var unsettled = false;
            foreach (var (scope, watch) in watches)
            {
                unsettled |= Look(scope, watch) is CertificateCheck.Settling;
            }

            if (unsettled)
            {
                settling.Change(CertificateWatch.SettleTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private CertificateCheck Look(SessionScope scope, CertificateWatch watch)
    {
        var found = watch.Look();
        switch (found)
        {
            case CertificateCheck.Replaced replaced:
                use(replaced.Section);
                meters.CertificatesReplaced(scope);
                LogReplaced(scope.Kind, scope.Name, replaced.Section.Describe());
                break;
            case CertificateCheck.Refused refused:
                meters.CertificatesRefused(scope);
                LogRefused(scope.Kind, scope.Name, refused.Problem);
                break;
        }

        return found;
    }

    [LoggerMessage(LogLevel.Information, "{Kind} {Name}: new certificates are in use: {What}")]
    private partial void LogReplaced(string kind, string name, string what);

    [LoggerMessage(LogLevel.Warning, "{Kind} {Name}: its new certificates cannot be used, the old ones stay in use: {Problem}")]
    private partial void LogRefused(string kind, string name, string problem);
}
