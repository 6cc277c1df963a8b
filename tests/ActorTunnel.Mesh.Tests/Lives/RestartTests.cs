using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>Nodes that come back, addresses that are taken, and ends that must not take long.</summary>
public sealed class RestartTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly TestMesh _mesh = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task A_killed_node_that_comes_back_on_its_address_is_let_in_before_the_resolver_decides()
    {
        // The resolver would take half a minute.
        var hocon = "akka.cluster.split-brain-resolver.stable-after = 30s\n" + TestMesh.Quick;
        var seed = await _mesh.StartAsync("seed", hocon: hocon);
        var one = await _mesh.StartAsync("one", [seed], hocon: hocon);
        var two = await _mesh.StartAsync("two", [seed], hocon: hocon);
        await TestMesh.MeetAsync(Limit, seed, one, two);
        var port = two.Address.Port;
        await two.Mesh.DisposeAsync();

        var watch = Stopwatch.StartNew();
        var again = await _mesh.StartAsync("two", [seed], port: port, hocon: hocon);
        await TestMesh.MeetAsync(Limit, seed, one, again);
        output.WriteLine($"let in {watch.Elapsed} after its start");
        Assert.Equal(port, again.Address.Port);
    }

    [Fact]
    public async Task A_killed_seed_that_comes_back_joins_the_mesh_that_it_knows_nothing_of()
    {
        var seed = await _mesh.StartAsync("seed", isTerminator: false);
        var one = await _mesh.StartAsync("one", [seed]);
        var two = await _mesh.StartAsync("two", [seed]);
        await TestMesh.MeetAsync(Limit, seed, one, two);
        var port = seed.Address.Port;
        await seed.Mesh.DisposeAsync();

        var watch = Stopwatch.StartNew();
        var again = await _mesh.StartAsync("seed", isTerminator: false, port: port);
        await TestMesh.MeetAsync(Limit, again, one, two);
        output.WriteLine($"joined {watch.Elapsed} after its start");
        Assert.Same(one.FirstLife, one.Mesh.Life);
        Assert.Same(two.FirstLife, two.Mesh.Life);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_said_at_the_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = (IPEndPoint)taken.LocalEndpoint;
        var failed = Assert.IsType<MeshStart.BindFailed>(await _mesh.TryStartAsync("one", [], port: address.Port));
        Assert.Equal(address, failed.Address);
        Assert.Contains("in use", failed.Problem, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Two_nodes_never_share_a_port()
    {
        var one = await _mesh.StartAsync("one");
        Assert.IsType<MeshStart.BindFailed>(await _mesh.TryStartAsync("two", [], port: one.Address.Port));
    }

    [Fact]
    public async Task A_life_whose_address_is_taken_by_another_program_begins_when_it_is_free()
    {
        var one = await _mesh.StartAsync("one", port: TestMesh.FreePort());
        var address = new IPEndPoint(IPAddress.Loopback, one.Address.Port);
        var ended = one.Mesh.Life!.Ended;
        await one.System.Terminate();
        TcpListener? taken = null;
        try
        {
            // In the hundred milliseconds before the next life.
            await TestMesh.UntilAsync(Limit, () => TryListen(address, out taken), () => "the address is not free");
            await ended;
            await Task.Delay(TimeSpan.FromSeconds(1));
            Assert.Null(one.Mesh.Life);
        }
        finally
        {
            taken?.Stop();
        }

        await TestMesh.MeetAsync(Limit, one);
        Assert.Equal(address.Port, one.Address.Port);
    }

    [Fact]
    public async Task Leaving_keeps_its_limit_where_nobody_answers()
    {
        var seed = await _mesh.StartAsync("seed");
        var one = await _mesh.StartAsync("one", [seed]);
        await TestMesh.MeetAsync(Limit, seed, one);
        await TestMesh.CutAsync([seed], [one]);

        var watch = Stopwatch.StartNew();
        var life = one.Mesh.Life!;
        await one.Mesh.LeaveAsync(TimeSpan.FromSeconds(3));
        output.WriteLine($"left after {watch.Elapsed}");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3.2), $"it took {watch.Elapsed}");
        Assert.True(life.Ended.IsCompleted);
    }

    [Fact]
    public async Task Leaving_is_quick_where_the_mesh_was_never_entered()
    {
        var start = await _mesh.TryStartAsync("one", [new EndpointAddress("127.0.0.1", TestMesh.FreePort())]);
        var one = _mesh.Add("one", Assert.IsType<MeshStart.Started>(start).Node);
        var watch = Stopwatch.StartNew();
        await one.Mesh.LeaveAsync(TimeSpan.FromSeconds(10));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(4), $"it took {watch.Elapsed}");
        Assert.Null(one.Mesh.Life);
    }

    [Fact]
    public async Task A_node_that_has_left_begins_no_other_life()
    {
        var one = await _mesh.StartAsync("one");
        await TestMesh.MeetAsync(Limit, one);
        await one.Mesh.LeaveAsync(Limit);
        // Ten times the first wait.
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Null(one.Mesh.Life);
        Assert.False((await one.Mesh.GetViewAsync(TimeSpan.FromSeconds(1))).IsJoined);
    }

    private static bool TryListen(IPEndPoint address, out TcpListener? listener)
    {
        listener = new TcpListener(address);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            // Akka still has it.
            listener.Dispose();
            listener = null;
            return false;
        }
    }
}
