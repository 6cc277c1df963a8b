using ActorTunnel.Host.Configuration;
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
/// <param name="pool">All buffers.</param>
/// <param name="meters">All counters.</param>
/// <param name="log">Takes the access log and the session log.</param>
internal sealed class NodeService(
    ActorSystem system, NodeSettings settings, BufferPool pool, ProxyMeters meters, OutputLog log) : IHostedService
{
    private bool _withheld;

    /// <summary>How the start went; null before the host was started.</summary>
    public ProxyStart? Start { get; private set; }

    /// <summary>Called before its turn to start: what should run beside the node could not be started, so the node does not start either.</summary>
    public void Withhold() => _withheld = true;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_withheld)
        {
            return;
        }

        var environment = new ProxyEnvironment(
            pool,
            meters,
            TimeProvider.System,
            entry => log.Write(() => $"access {entry.ToLine()}"),
            entry => log.Write(() => $"session {entry.ToLine()}"));
        Start = await ProxyNode.StartAsync(system, settings, environment);
    }

    /// <summary>New certificates for a listener or an upstream; nothing where the node did not start.</summary>
    public void Use(TlsSection section)
    {
        if (Start is not ProxyStart.Started { Node: var node })
        {
            return;
        }

        switch (section)
        {
            case TlsSection.OfListener listener:
                node.ReplaceListenerTls(listener.Name, listener.Settings);
                break;
            case TlsSection.OfUpstream upstream:
                node.ReplaceUpstreamTls(upstream.Name, upstream.Settings);
                break;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Start is ProxyStart.Started started
            ? started.Node.DrainAsync(settings.DrainTimeout).WaitAsync(cancellationToken)
            : Task.CompletedTask;
}
