using System.Net.Sockets;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Why a life ended.</summary>
internal enum LifeEnd
{
    /// <summary>Its system ended by itself, which only a defect makes it do.</summary>
    SystemEnded,

    /// <summary>The cluster downed it: it was on the smaller side of a partition, or a new system came up at its address.</summary>
    Downed,

    /// <summary>A member will have nothing to do with this system any more.</summary>
    Quarantined,

    /// <summary>There is a larger cluster.</summary>
    SmallerIsland,

    /// <summary>The next life has other certificates.</summary>
    NewCertificates,

    /// <summary>The node wanted it.</summary>
    Left,
}

/// <summary>What came of beginning a life.</summary>
internal abstract record LifeStart
{
    private LifeStart()
    {
    }

    /// <summary>It listens, and joins.</summary>
    public sealed record Begun(MeshLife Life) : LifeStart;

    /// <summary>Its address cannot be listened on.</summary>
    public sealed record BindFailed(string Problem) : LifeStart;
}

/// <summary>What lives of a node have in common.</summary>
/// <param name="Settings">The node's part in the mesh.</param>
/// <param name="Identity">What the node is to the others.</param>
/// <param name="Report">What changes about it.</param>
/// <param name="Memory">What is known of the members.</param>
/// <param name="Book">Where members were heard of.</param>
/// <param name="Loggers">The mesh's log.</param>
/// <param name="Time">The clock.</param>
internal sealed record LifeEnvironment(
    MeshSettings Settings, MeshIdentity Identity, Func<NodeReport> Report, MeshMemory Memory, AddressBook Book, ILoggerFactory Loggers, TimeProvider Time);

/// <summary>
/// One actor system of the mesh, in a host of its own, from the moment it listens until it is gone. It joins the cluster and stays until it is ended, by whatever side.
/// Safe for any thread.
/// </summary>
internal sealed class MeshLife
{
    // What the system itself may take to end, of a limit to leave in.
    private static readonly TimeSpan EndReserve = TimeSpan.FromSeconds(2);

    // A member that downs itself tells the others at once, and then waits for seconds for members that are on their way out too.
    private static readonly TimeSpan DownLimit = TimeSpan.FromSeconds(2);

    private readonly IHost _host;
    private readonly ActorSystem _system;
    private readonly Cluster _cluster;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ShutdownGate _gate;
    private readonly Lock _lock = new();
    private LifeEnd? _end;

    private MeshLife(IHost host, ActorSystem system, LifeEnvironment environment, int number)
    {
        _host = host;
        _system = system;
        _cluster = Cluster.Get(system);
        _time = environment.Time;
        _log = environment.Loggers.CreateLogger<MeshNode>();
        _gate = new ShutdownGate(system);
        Address = _cluster.SelfAddress.ToEndpoint()!;
        var context = new MeshLifeContext(environment.Settings, environment.Identity, environment.Report, environment.Memory, environment.Time, number);
        Mesh = system.ActorOf(MeshActor.Props(context), MeshActor.Name);
        Ended = EndAsync();
    }

    /// <summary>What other members dial.</summary>
    public EndpointAddress Address { get; }

    /// <summary>Knows the members.</summary>
    public IActorRef Mesh { get; }

    /// <summary>Completes when everything of the life is stopped.</summary>
    public Task<LifeEnd> Ended { get; }

    /// <summary>The system, for tests that disturb it.</summary>
    internal ActorSystem System => _system;

    /// <summary>Begins the life with the number <paramref name="number"/>.</summary>
    public static async Task<LifeStart> BeginAsync(LifeEnvironment environment, MeshTls? tls, int number)
    {
        var settings = environment.Settings;
        // Empty: no appsettings.json, no environment variables.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(environment.Loggers);
        builder.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        builder.Services.AddAkka<LifeService>(LifeConfiguration.SystemName, (system, _) => LifeConfiguration.Apply(system, settings, environment.Identity, tls));
        var host = builder.Build();
        try
        {
            // Its creation waits for the socket.
            var system = await Task.Run(host.Services.GetRequiredService<ActorSystem>);
            await host.StartAsync();
            var known = environment.Memory.Others.AddRange(environment.Book.Addresses);
            var life = new MeshLife(host, system, environment, number);
            var plan = JoinPlan.For(life.Address, settings.Seeds, known);
            system.ActorOf(LifeActor.Props(plan, life.Quarantined, life.LeavesCluster), LifeActor.Name);
            system.ActorOf(IslandsActor.Props(settings.Seeds, environment.Book, life.FoundLargerIsland, Random.Shared, environment.Time), IslandsActor.Name);
            return new LifeStart.Begun(life);
        }
        catch (Exception exception)
        {
            // Where the system's creation failed, it has ended itself.
            host.Dispose();
            if (BindProblem(exception) is { } problem)
            {
                return new LifeStart.BindFailed(problem);
            }

            throw;
        }
    }

    /// <summary>Leaves the cluster in order and stops, in order or not when <paramref name="limit"/> is near. Completes with <see cref="Ended"/>, or after the limit.</summary>
    public async Task LeaveAsync(LifeEnd end, TimeSpan limit)
    {
        var started = _time.GetTimestamp();
        Claim(end);
        var reserve = limit / 3 < EndReserve ? limit / 3 : EndReserve;
        if (_cluster.IsMember())
        {
            // Once the others know, Akka's coordinated shutdown ends the system.
            _gate.Open();
            _cluster.Leave(_cluster.SelfAddress);
            await EndsWithinAsync(limit - reserve);
        }

        Stop();
        await EndsWithinAsync(limit - _time.GetElapsedTime(started));
    }

    /// <summary>Begins to stop at once; the others find out by themselves.</summary>
    public void Abort()
    {
        Claim(LifeEnd.Left);
        Stop();
    }

    private static string? BindProblem(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket)
            {
                return socket.Message;
            }
        }

        return null;
    }

    private void Quarantined()
    {
        Claim(LifeEnd.Quarantined);
        Stop();
    }

    // Where the node wants it, it has said so before.
    private void LeavesCluster()
    {
        Claim(LifeEnd.Downed);
        _gate.Open();
    }

    private void FoundLargerIsland()
    {
        Claim(LifeEnd.SmallerIsland);
        // The rest of the island is told, so that it does not wait for us; Akka ends the system then.
        _cluster.Down(_cluster.SelfAddress);
        _ = StopAfterAsync(DownLimit);
    }

    private async Task StopAfterAsync(TimeSpan limit)
    {
        if (!await EndsWithinAsync(limit))
        {
            Stop();
        }
    }

    private void Stop() => _ = _system.Terminate();

    // The first reason is the one that counts.
    private void Claim(LifeEnd end)
    {
        lock (_lock)
        {
            _end ??= end;
        }
    }

    private async Task<bool> EndsWithinAsync(TimeSpan limit)
    {
        try
        {
            await Ended.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<LifeEnd> EndAsync()
    {
        await _system.WhenTerminated;
        try
        {
            await _host.StopAsync();
            _host.Dispose();
        }
#pragma warning disable CA1031 // The system is gone, which is what counts: whatever its host still met, the next life must be able to begin.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.LogError(exception, "The host of a life of the mesh did not stop in order");
        }

        // Its actors may have been stopped before they heard it.
        Claim(CoordinatedShutdown.Get(_system).ShutdownReason is CoordinatedShutdown.ClusterDowningReason ? LifeEnd.Downed : LifeEnd.SystemEnded);
        lock (_lock)
        {
            return _end!.Value;
        }
    }
}
