using System.Diagnostics;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>Nodes of a mesh are killed, stand still, are stopped and come back, while tunnels run: processes of their own, so that it is the kernel that ends them.</summary>
public sealed class MeshFailures(ITestOutputHelper output) : Story
{
    private const int Tunnels = 12;
    private const int Size = 300_000;

    /// <summary>A second is what it should take; no timeout of the mesh is as short as this.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [LinuxFact]
    public async Task A_killed_terminator_takes_its_own_tunnels_along_and_new_ones_go_to_the_other()
    {
        var mesh = Own(await MeshProcesses.StartAsync(output, workers: 2));
        var (lost, kept, release) = await OpenOnBothAsync(mesh);

        mesh.Workers[0].Kill();

        var clock = Stopwatch.StartNew();
        var later = await OpenManyAsync(mesh);
        Assert.All(later, tunnel => Assert.Equal(1, tunnel.Worker));
        await Task.WhenAll(lost);
        output.WriteLine($"{lost.Length} tunnels reset and {later.Count} new ones open {clock.ElapsedMilliseconds} ms after the kill");
        Assert.True(clock.Elapsed < Soon, $"it took {clock.Elapsed}");
        release.SetResult();
        await Task.WhenAll(kept);
        await CompleteAsync(later);
    }

    [LinuxFact]
    public async Task A_terminator_that_stands_still_gets_no_tunnels_until_it_goes_on()
    {
        var mesh = Own(await MeshProcesses.StartAsync(
            output, workers: 2, http2: "ping-interval = 400ms, ping-timeout = 2400ms, handshake-timeout = 4s"));
        var (lost, kept, release) = await OpenOnBothAsync(mesh);

        await mesh.Workers[0].FreezeAsync();

        // What it has accepted before it answers no more is tried elsewhere.
        var later = await OpenManyAsync(mesh);
        Assert.All(later, tunnel => Assert.Equal(1, tunnel.Worker));
        await CompleteAsync(later);
        mesh.Workers[0].Thaw();
        await Task.WhenAll(lost);
        release.SetResult();
        await Task.WhenAll(kept);
        await mesh.Edge.SeesAsync(4);
        await mesh.Workers[0].SettledAsync();
        while (mesh.Origins[0].HasPending)
        {
            (await mesh.Origins[0].AcceptAsync()).Dispose(); // Of a tunnel that had been given up by the time that it was dialled.
        }

        await OpenUntilAsync(mesh, worker: 0);
    }

    [LinuxFact]
    public async Task A_terminator_that_is_stopped_finishes_its_tunnels_gets_no_new_ones_and_leaves()
    {
        var mesh = Own(await MeshProcesses.StartAsync(output, workers: 2));
        var (draining, kept, release) = await OpenOnBothAsync(mesh, breaks: false);

        mesh.Workers[0].Terminate();

        await mesh.Workers[0].LoggedAsync("draining: the mesh was told");
        var later = await OpenManyAsync(mesh);
        Assert.All(later, tunnel => Assert.Equal(1, tunnel.Worker));
        await CompleteAsync(later);
        release.SetResult();
        await Task.WhenAll(draining.Concat(kept));
        await mesh.Workers[0].EndsAsync();
        await mesh.Edge.SeesAsync(3);
    }

    [LinuxFact]
    public async Task A_terminator_that_was_killed_and_comes_back_on_its_addresses_gets_tunnels_again()
    {
        var mesh = Own(await MeshProcesses.StartAsync(output, workers: 2));
        var (tunnelPort, meshPort) = (mesh.Workers[0].AddressOf("connect-in").Port, PortOf(mesh.Workers[0].MeshAddress));
        mesh.Workers[0].Kill();

        mesh.Workers[0] = await mesh.StartWorkerAsync(0, tunnelPort, meshPort);

        await mesh.Edge.SeesAsync(4);
        await OpenUntilAsync(mesh, worker: 0);
    }

    [LinuxFact]
    public async Task Without_its_seed_the_mesh_goes_on_and_the_seed_finds_it_again()
    {
        var mesh = Own(await MeshProcesses.StartAsync(output, workers: 2));
        var (running, kept, release) = await OpenOnBothAsync(mesh, breaks: false);
        var port = PortOf(mesh.Seed.MeshAddress);
        mesh.Seed.Kill();

        await CompleteAsync(await OpenManyAsync(mesh));
        var seed = await mesh.StartSeedAsync(port);

        await seed.SeesAsync(4);
        await mesh.Edge.SeesAsync(4);
        release.SetResult();
        await Task.WhenAll(running.Concat(kept));
    }

    private static int PortOf(string address) => int.Parse(address.Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Transfers on both terminators: those of the first run until they break, those of the other until they are released.</summary>
    private static async Task<(Task[] OnFirst, Task[] OnOther, TaskCompletionSource Release)> OpenOnBothAsync(MeshProcesses mesh, bool breaks = true)
    {
        var release = new TaskCompletionSource();
        var (first, other) = (new List<Task>(), new List<Task>());
        for (var i = 0; i < Tunnels || first.Count == 0 || other.Count == 0; i++)
        {
            var (transfer, worker) = await mesh.OpenAsync(i, on => on == 0 && breaks ? Transfer.Endless : Size);
            (worker == 0 ? first : other).Add(
                transfer.Length == Transfer.Endless ? transfer.ExpectResetAsync() : transfer.ExpectCompleteAsync(release.Task));
            await transfer.UnderWay;
        }

        return ([.. first], [.. other], release);
    }

    private static async Task<List<(Transfer Transfer, int Worker)>> OpenManyAsync(MeshProcesses mesh)
    {
        var tunnels = new List<(Transfer, int)>();
        for (var i = 0; i < Tunnels; i++)
        {
            tunnels.Add(await mesh.OpenAsync(100 + i, _ => Size));
        }

        return tunnels;
    }

    private static Task CompleteAsync(List<(Transfer Transfer, int Worker)> tunnels) =>
        Task.WhenAll(tunnels.Select(tunnel => tunnel.Transfer.ExpectCompleteAsync()));

    /// <summary>Tunnels come and end until one went through a terminator.</summary>
    private static async Task OpenUntilAsync(MeshProcesses mesh, int worker) => await Eventually.TrueAsync(
        async () =>
        {
            var (transfer, through) = await mesh.OpenAsync(0, _ => 1_000);
            await transfer.ExpectCompleteAsync();
            return through == worker;
        },
        () => $"no tunnel comes to terminator {worker}");
}
