using System.Diagnostics;
using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

public sealed class MeetingTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly TestMesh _mesh = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task A_node_without_seeds_begins_a_mesh_and_another_joins_it()
    {
        var seed = await _mesh.StartAsync("seed");
        var worker = await _mesh.StartAsync("worker", [seed]);
        await TestMesh.MeetAsync(Limit, seed, worker);
    }

    [Fact]
    public async Task Nodes_meet_over_IPv6()
    {
        var seed = await _mesh.StartAsync("seed", address: IPAddress.IPv6Loopback);
        var worker = await _mesh.StartAsync("worker", [seed], address: IPAddress.IPv6Loopback);
        await TestMesh.MeetAsync(Limit, seed, worker);
        var view = await seed.Mesh.GetViewAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([seed.Address, worker.Address], view.Members.Select(member => member.Address));
        Assert.Equal("::1", worker.Address.Host);
    }

    [Fact]
    public async Task A_node_waits_for_its_seed_for_ever_and_never_founds_a_mesh_of_its_own()
    {
        var seed = await _mesh.StartAsync("seed");
        var port = seed.Address.Port;
        await seed.Mesh.DisposeAsync();
        var worker = await _mesh.StartAsync("worker", [seed]);
        // Three times the seed-node-timeout.
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Empty(worker.UpMembers);

        var again = await _mesh.StartAsync("seed", port: port);
        await TestMesh.MeetAsync(Limit, again, worker);
    }

    [Fact]
    public async Task Who_leaves_in_order_is_gone_at_once_and_the_others_stay()
    {
        var seed = await _mesh.StartAsync("seed");
        var one = await _mesh.StartAsync("one", [seed]);
        var two = await _mesh.StartAsync("two", [seed]);
        await TestMesh.MeetAsync(Limit, seed, one, two);

        var watch = Stopwatch.StartNew();
        await two.Mesh.LeaveAsync(Limit);
        output.WriteLine($"left after {watch.Elapsed}");
        await TestMesh.MeetAsync(TimeSpan.FromSeconds(2), seed, one);
        Assert.Null(two.Mesh.Life);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task What_the_directory_knows_outlives_the_mesh()
    {
        var seed = await _mesh.StartAsync("seed");
        var directory = new TerminatorDirectory();
        var start = await _mesh.TryStartAsync("edge", [seed.Address], isTerminator: false, directory: directory);
        var edge = _mesh.Add("edge", Assert.IsType<MeshStart.Started>(start).Node);
        await TestMesh.UntilAsync(Limit, () => Presences(directory).SequenceEqual([TerminatorPresence.Member]), () => $"the directory has {directory.Current}");

        await seed.Mesh.DisposeAsync();
        // Alone, it is downed: the only terminator is not heard.
        await TestMesh.UntilAsync(Limit, () => edge.Mesh.Life is { } life && life != edge.FirstLife, () => "the node began no other life");
        Assert.True(directory.Current.IsKnown);
        Assert.Equal([new EndpointAddress("seed", 15008)], directory.Current.Terminators.Select(terminator => terminator.Address));
        Assert.DoesNotContain(TerminatorPresence.Member, Presences(directory));
        var view = await edge.Mesh.GetViewAsync(TimeSpan.Zero);
        Assert.False(view.IsJoined);
        Assert.True(view.Lives > 1);

        // And it is found again.
        var again = await _mesh.StartAsync("seed", port: seed.Address.Port);
        await TestMesh.MeetAsync(Limit, again, edge);
        await TestMesh.UntilAsync(Limit, () => Presences(directory).SequenceEqual([TerminatorPresence.Member]), () => $"the directory has {directory.Current}");
    }

    private static IEnumerable<TerminatorPresence> Presences(TerminatorDirectory directory) =>
        directory.Current.Terminators.Select(terminator => terminator.Presence);
}
