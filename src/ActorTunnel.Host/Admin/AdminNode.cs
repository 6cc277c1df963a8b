using System.Diagnostics;
using System.Runtime.InteropServices;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Host.Hosting;
using ActorTunnel.Proxy;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;

namespace ActorTunnel.Host.Admin;

/// <summary>What the pages tell of: the process, its configuration, and its node once it runs.</summary>
/// <param name="service">Runs the node.</param>
/// <param name="mesh">Its part in the mesh; null where it has none.</param>
/// <param name="drain">Ends it.</param>
/// <param name="configuration">What it was started with.</param>
internal sealed class AdminNode(NodeService service, MeshService? mesh, DrainService drain, ConfigurationOutcome.Loaded configuration)
{
    /// <summary>How long actors have to answer; one that is silent for so long is named instead.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    public string Name => configuration.Node.Name;

    /// <summary>Null while there is no node to ask.</summary>
    public NodeStatus? Status => (service.Start as ProxyStart.Started)?.Node.Status;

    /// <summary>Whether there is a mesh to tell of.</summary>
    public bool IsMember => mesh is not null;

    /// <summary>Null until it can be drained.</summary>
    public NodeDrain? Drain => drain.Drain;

    /// <summary>The mesh as this node sees it; null while it is no part of it yet.</summary>
    public async Task<MeshStatus?> MeshAsync() => mesh?.Node is { } member ? MeshStatus.Of(await member.GetViewAsync(Deadline)) : null;

    /// <summary>Null where the node takes tunnels, else why it does not.</summary>
    public async Task<string?> ReasonNotReadyAsync()
    {
        if (Status is not { } node)
        {
            return service.Start is null ? "the node is starting" : "a listener could not be bound";
        }

        if (node.IsDraining)
        {
            return "the node is draining";
        }

        var answer = await node.GetListenersAsync(Deadline);
        var missing = configuration.Node.Listeners.Select(listener => listener.Name).Except(answer.Items.Select(listener => listener.Name));
        return missing.FirstOrDefault() is not { } name ? null
            : answer.Silent.Contains($"listeners/{name}") ? $"listener {name} does not answer"
            : $"listener {name} has failed";
    }

    public NodeInfo Info()
    {
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime);
        return new NodeInfo(
            Name,
            ProgramVersion.Text,
            started.ToUniversalTime(),
            TimeProvider.System.GetUtcNow() - started,
            process.Id,
            ProcessStart.TicksOf(process.Id),
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            [.. configuration.Node.Listeners.Select(RoleOf).Distinct()],
            Status is null ? NodeState.Starting : Status.IsDraining ? NodeState.Draining : NodeState.Running);
    }

    /// <summary>The effective settings and the <c>akka</c> block, without secrets.</summary>
    public HoconObject Configuration()
    {
        var reader = new HoconReader();
        if (reader.Add(HoconSource.FromText("akka", configuration.AkkaHocon)) is { } mistake)
        {
            throw new InvalidOperationException($"The akka block was rendered and cannot be read: {mistake}");
        }

        var akka = reader.Resolve(_ => null).Root;
        return SecretMask.Of(new HoconObject([.. configuration.Effective.Fields, .. akka.Fields], configuration.Effective.Place));
    }

    private static NodeRole RoleOf(ListenerSettings listener) => listener is TunnelListenerSettings ? NodeRole.Encapsulator : NodeRole.Terminator;
}

/// <summary>What a node is to its peers.</summary>
internal enum NodeRole
{
    Encapsulator,
    Terminator,
}

/// <summary>What a node does at the moment.</summary>
internal enum NodeState
{
    Starting,
    Running,
    Draining,
}

/// <summary>The process in short.</summary>
/// <param name="Name">The node's.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Started">When.</param>
/// <param name="Uptime">Since then.</param>
/// <param name="Pid">Of the process.</param>
/// <param name="StartTicks">See <see cref="ProcessStart"/>.</param>
/// <param name="Runtime">Of .NET.</param>
/// <param name="System">The operating system.</param>
/// <param name="Roles">By its listeners.</param>
/// <param name="State">What it does.</param>
internal sealed record NodeInfo(
    string Name,
    string Version,
    DateTimeOffset Started,
    TimeSpan Uptime,
    int Pid,
    long? StartTicks,
    string Runtime,
    string System,
    IReadOnlyList<NodeRole> Roles,
    NodeState State);
