using ActorTunnel.Host.Configuration;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy;
using Microsoft.Extensions.Hosting;

namespace ActorTunnel.Host.Hosting;

/// <summary>Stopped first of all: drains the node while everything else still runs, the admin server too.</summary>
/// <param name="configuration">How long it may take.</param>
/// <param name="node">Runs the proxy.</param>
/// <param name="mesh">Null where the node is in none.</param>
/// <param name="say">Takes lines for people; must not block.</param>
internal sealed class DrainService(ConfigurationOutcome.Loaded configuration, NodeService node, MeshService? mesh, Action<string> say) : IHostedService
{
    /// <summary>Null until there is something to drain.</summary>
    public NodeDrain? Drain { get; private set; }

    /// <summary>How long a drain of such a node may take.</summary>
    public static DrainTimes TimesOf(ConfigurationOutcome.Loaded configuration) => configuration.Mesh is null
        ? DrainTimes.Alone(configuration.Node.DrainTimeout)
        : DrainTimes.OfMember(configuration.DrainDelay, configuration.Node.DrainTimeout);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (node.Start is ProxyStart.Started { Node: var proxy })
        {
            var member = mesh?.Node;
            var actions = new DrainActions(
                proxy.AnnounceDrain,
                proxy.DrainAsync,
                () => proxy.Status.Tunnels,
                // Without a deadline, since reports of the others say nothing of this node.
                member is null ? null : new DrainMesh(async () => (await member.GetViewAsync(TimeSpan.Zero)).IsJoined, member.AnnounceDrainAsync, member.LeaveAsync));
            // A start that failed is told in one line by who started it, and has nothing to wait for.
            Drain = mesh is not null && member is null
                ? new NodeDrain(actions, DrainTimes.Alone(TimeSpan.Zero), _ => { }, TimeProvider.System)
                : new NodeDrain(actions, TimesOf(configuration), say, TimeProvider.System);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Drain is null ? Task.CompletedTask : Drain.RunAsync().WaitAsync(cancellationToken);
}
