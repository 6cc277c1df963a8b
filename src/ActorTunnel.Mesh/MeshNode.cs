using ActorTunnel.Mesh.Lives;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace ActorTunnel.Mesh;

/// <summary>
/// A node's part in the mesh: an actor system of its own, which joins the others, and is begun again whenever it ended for another reason than <see cref="LeaveAsync"/>.
/// The data plane never waits for it. Safe for any thread.
/// </summary>
public sealed class MeshNode : IAsyncDisposable
{
    // A member that is asked answers within the deadline that it is given; this is for its way.
    private static readonly TimeSpan AskMargin = TimeSpan.FromSeconds(1);

    private readonly LifeLoop _loop;
    private readonly MeshMemory _memory;
    private readonly ILoggerFactory _loggers;

    private MeshNode(LifeLoop loop, MeshMemory memory, ILoggerFactory loggers)
    {
        _loop = loop;
        _memory = memory;
        _loggers = loggers;
    }

    /// <summary>What other members dial, of the current life: with the real port where 0 was configured.</summary>
    public EndpointAddress Address => _loop.Address;

    /// <summary>The one that runs, for tests that disturb it.</summary>
    internal MeshLife? Life => _loop.Life;

    /// <summary>Listens, and begins to join the others. Returns once the first life listens; joining goes on behind it, for ever.</summary>
    /// <param name="settings">How the node takes part.</param>
    /// <param name="identity">What it is to the others.</param>
    /// <param name="report">What changes about it, with sequence number 0; called from any thread, and must answer at once.</param>
    /// <param name="directory">Where terminators are told of.</param>
    /// <param name="logging">How the mesh's log is written.</param>
    /// <param name="time">The clock of ages, limits and backoff.</param>
    /// <param name="cancellation">Gives the start up.</param>
    /// <exception cref="Exception">Akka cannot use <see cref="MeshSettings.AkkaHocon"/>; it has another exception for each key.</exception>
    public static async Task<MeshStart> StartAsync(
        MeshSettings settings,
        MeshIdentity identity,
        Func<NodeReport> report,
        TerminatorDirectory directory,
        Action<ILoggingBuilder> logging,
        TimeProvider time,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var loggers = LoggerFactory.Create(logging);
        var memory = new MeshMemory(directory, time);
        var environment = new LifeEnvironment(settings, identity, report, memory, new AddressBook(time), loggers, time);
        MeshNode? node = null;
        try
        {
            switch (await MeshLife.BeginAsync(environment, settings.Tls, number: 1))
            {
                case LifeStart.Begun { Life: var life }:
                    node = new MeshNode(new LifeLoop(environment, life, Random.Shared), memory, loggers);
                    break;
                case LifeStart.BindFailed { Problem: var problem }:
                    return new MeshStart.BindFailed(settings.Bind, problem);
            }
        }
        finally
        {
            if (node is null)
            {
                loggers.Dispose();
            }
        }

        if (cancellation.IsCancellationRequested)
        {
            await node!.DisposeAsync();
            cancellation.ThrowIfCancellationRequested();
        }

        return new MeshStart.Started(node!);
    }

    /// <summary>The mesh with reports as fresh as <paramref name="deadline"/> lets them be; the last known one where no life runs. Never throws for being late.</summary>
    public async Task<MeshView> GetViewAsync(TimeSpan deadline)
    {
        if (_loop.Life is { } life)
        {
            try
            {
                return await life.Mesh.Ask<MeshView>(new MeshProtocol.GetView(deadline), deadline + AskMargin);
            }
            catch (AskTimeoutException)
            {
                // The life ended meanwhile.
            }
        }

        return _memory.View with { IsJoined = false, Lives = _loop.Lives };
    }

    /// <summary>New certificates: the life that runs leaves in order, and another begins with them.</summary>
    public void UseTls(MeshTls tls) => _loop.UseTls(tls);

    /// <summary>Tells the members that this node drains; returns when they know, or after <paramref name="limit"/>.</summary>
    public async Task AnnounceDrainAsync(TimeSpan limit)
    {
        // For the next life, where none runs now.
        _memory.BeginDrain();
        // Akka takes a limit of zero for none.
        if (limit > TimeSpan.Zero && _loop.Life is { } life)
        {
            try
            {
                await life.Mesh.Ask<MeshProtocol.DrainAnnounced>(MeshProtocol.AnnounceDrain.Instance, limit);
            }
            catch (AskTimeoutException)
            {
                // Who does not know yet learns it from the next report, or from a refused tunnel.
            }
        }
    }

    /// <summary>Leaves the cluster in order and begins no life again; returns after <paramref name="limit"/> at the latest, with everything stopped.</summary>
    public Task LeaveAsync(TimeSpan limit) => _loop.LeaveAsync(limit);

    /// <summary>Stops without leaving in order where <see cref="LeaveAsync"/> was not called. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        _loggers.Dispose();
    }
}
