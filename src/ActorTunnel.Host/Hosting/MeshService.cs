using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Sockets;
using Microsoft.Extensions.Hosting;

namespace ActorTunnel.Host.Hosting;

/// <summary>
/// The node's part in the mesh within the host: begun when the listeners are bound, since others are told where, and ended by <see cref="DrainService"/>, since a drain
/// begins with it and ends with it.
/// </summary>
/// <param name="mesh">How the node takes part.</param>
/// <param name="settings">What the proxy does.</param>
/// <param name="node">Runs the proxy; started before this.</param>
/// <param name="directory">Where the mesh tells the proxy of terminators.</param>
internal sealed class MeshService(MeshConfiguration mesh, NodeSettings settings, NodeService node, TerminatorDirectory directory) : IHostedService
{
    /// <summary>How the start went; null where the node did not start.</summary>
    public MeshStart? Start { get; private set; }

    /// <summary>Null where it does not take part.</summary>
    public MeshNode? Node => (Start as MeshStart.Started)?.Node;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (node.Start is not ProxyStart.Started { Node: var proxy })
        {
            return;
        }

        // Akka tells of an address that is taken in a page of log; who starts a node is told in a line.
        var error = TcpListenSocket.TryBind(mesh.Settings.Bind, out var probe);
        if (probe is null)
        {
            Start = new MeshStart.BindFailed(mesh.Settings.Bind, BindProblem.Of(error));
            return;
        }

        probe.Dispose();
        var cpu = CpuShare.OfThisProcess(TimeProvider.System);
        Start = await MeshNode.StartAsync(
            mesh.Settings,
            new MeshIdentity(TunnelAddressOf(mesh, proxy.Bound), settings.Upstreams.Any(upstream => upstream.Type == UpstreamType.Mesh), ProgramVersion.Text),
            () => new NodeReport(0, proxy.Status.IsDraining, proxy.Status.Tunnels, proxy.Status.Dials, cpu.Read(), Environment.WorkingSet),
            directory,
            NodeHost.AddLogging,
            TimeProvider.System,
            cancellationToken);
    }

    /// <summary>New certificates for the connections between members; nothing where the node takes no part.</summary>
    public void Use(TlsSection.OfMesh section) => Node?.UseTls(section.Settings);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Node is { } member)
        {
            await member.DisposeAsync();
        }
    }

    /// <summary>What encapsulators dial; null: the node is no terminator.</summary>
    internal static EndpointAddress? TunnelAddressOf(MeshConfiguration mesh, ImmutableDictionary<string, IPEndPoint> bound)
    {
        if (mesh.TunnelListener is not { } listener)
        {
            return null;
        }

        var address = bound[listener];
        return mesh.TunnelAdvertise switch
        {
            null => new EndpointAddress(address.Address.ToString(), address.Port),
            { Port: 0 } advertised => advertised with { Port = address.Port },
            var advertised => advertised,
        };
    }
}
