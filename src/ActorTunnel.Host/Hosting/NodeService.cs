using ActorTunnel.Host.Configuration;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Microsoft.Extensions.Hosting;

namespace ActorTunnel.Host.Hosting;

/// <summary>The proxy within the host: bound when the host starts. <see cref="DrainService"/> ends it.</summary>
/// <param name="system">Started before this and ended after it.</param>
/// <param name="settings">What the proxy does.</param>
/// <param name="pool">All buffers.</param>
/// <param name="meters">All counters.</param>
/// <param name="log">Takes the access log and the session log.</param>
/// <param name="directory">The terminators of the mesh.</param>
internal sealed class NodeService(
    ActorSystem system, NodeSettings settings, BufferPool pool, ProxyMeters meters, OutputLog log, TerminatorDirectory directory) : IHostedService
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
            entry => log.Write(() => $"session {entry.ToLine()}")) { Directory = directory };
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

    /// <summary>Nothing: it was drained by <see cref="DrainService"/>.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
