using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace ActorTunnel.Host.Admin;

/// <summary>
/// The admin server's life within the host: bound before the node starts, so that no listener accepts where the address is taken, and closed after
/// it has stopped, so that a drain can be watched.
/// </summary>
/// <param name="node">Runs the node; started after this and stopped before it.</param>
/// <param name="drain">Ends the node.</param>
/// <param name="settings">Where to listen.</param>
/// <param name="configuration">All of it, for the pages.</param>
/// <param name="log">Takes defects of pages.</param>
/// <param name="mesh">The node's part in the mesh, where it has one.</param>
internal sealed class AdminService(
    NodeService node,
    DrainService drain,
    AdminSettings settings,
    ConfigurationOutcome.Loaded configuration,
    ILogger<AdminPages> log,
    MeshService? mesh = null) : IHostedService
{
    private MeterProvider? _metrics;
    private AdminServer? _server;

    /// <summary>How the start went; null before the host was started.</summary>
    public AdminStart? Start { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _metrics = AdminMetrics.Start(configuration.Node.Name);
        var pages = new AdminPages(new AdminNode(node, mesh, drain, configuration), log);
        (_server, Start) = await AdminServer.StartAsync(settings, pages, _metrics, cancellationToken);
        if (_server is null)
        {
            node.Withhold();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _metrics?.Dispose();
    }
}
