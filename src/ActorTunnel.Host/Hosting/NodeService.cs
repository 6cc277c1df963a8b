using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using Akka.Actor;
using Microsoft.Extensions.Hosting;

namespace ActorTunnel.Host.Hosting;

/// <summary>The proxy's life within the host: bound when the host starts, drained before the actor system goes.</summary>
/// <param name="system">Started before this and ended after it.</param>
/// <param name="settings">What the proxy does.</param>
/// <param name="meters">All counters.</param>
/// <param name="log">Takes the access log and the session log.</param>
internal sealed class NodeService(ActorSystem system, NodeSettings settings, ProxyMeters meters, OutputLog log) : IHostedService
{
    /// <summary>How the start went; null before the host was started.</summary>
    public ProxyStart? Start { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var environment = new ProxyEnvironment(
            new BufferPool(),
            meters,
            TimeProvider.System,
            entry => log.Write(() => $"access {entry.ToLine()}"),
            entry => log.Write(() => $"session {entry.ToLine()}"));
        Start = await ProxyNode.StartAsync(system, settings, environment);
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Start is ProxyStart.Started started
            ? started.Node.DrainAsync(settings.DrainTimeout).WaitAsync(cancellationToken)
            : Task.CompletedTask;
}
