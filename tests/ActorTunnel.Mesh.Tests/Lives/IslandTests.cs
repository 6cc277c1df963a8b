using System.Diagnostics;
using ActorTunnel.Mesh.Lives;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Configuration;
using CsCheck;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>Clusters that do not know of each other become one.</summary>
public sealed class IslandTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static readonly Gen<Island> Islands = Gen.Select(
        Gen.Int[0, 2], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 3], (terminators, members, port, uid) => new Island(new SystemId(new EndpointAddress("10.0.0.1", port), uid), terminators, members));

    private readonly TestMesh _mesh = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public void Of_two_islands_exactly_one_stays() => Gen.Select(Islands, Islands).Sample((one, other) =>
    {
        Assert.Equal(one != other && !other.StaysBefore(one), one.StaysBefore(other));
    });

    [Fact]
    public void Which_island_stays_is_an_order() => Gen.Select(Islands, Islands, Islands).Sample((one, two, three) =>
        Assert.True(!(one.StaysBefore(two) && two.StaysBefore(three)) || one.StaysBefore(three)));

    [Fact]
    public void Terminators_count_before_members()
    {
        var oldest = new SystemId(new EndpointAddress("10.0.0.1", 1), 1);
        Assert.True(new Island(oldest, Terminators: 2, Members: 2).StaysBefore(new Island(oldest, Terminators: 1, Members: 9)));
        Assert.True(new Island(oldest, Terminators: 2, Members: 3).StaysBefore(new Island(oldest, Terminators: 2, Members: 2)));
    }

    [Fact]
    public async Task Messages_of_islands_come_through_as_they_were()
    {
        using var system = ActorSystem.Create("messages", ConfigurationFactory.ParseString("akka.stdout-loglevel = OFF\nakka.loglevel = OFF"));
        var serializer = new IslandsSerializer((ExtendedActorSystem)system);
        Gen.Select(Islands, Gen.Int, Gen.ULong, Gen.Bool).Sample((island, uid, question, isQuestion) =>
        {
            var member = new SystemId(new EndpointAddress("fd00::7", 65535), uid);
            object message = isQuestion ? new IslandsProtocol.WhichIsland(member, island, question) : new IslandsProtocol.IslandKnown(member, island, question);
            Assert.Equal(message, serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message)));
        });
        Assert.IsType<UnreadableMessage>(serializer.FromBinary([], "which-island.1"));
        Assert.IsType<UnreadableMessage>(serializer.FromBinary([0xff], "island-known.1"));
        Assert.IsType<UnreadableMessage>(serializer.FromBinary([], "which-island.2"));
        await system.Terminate();
    }

    [Fact]
    public async Task Two_meshes_become_one_when_a_node_knows_of_both()
    {
        var first = await _mesh.StartAsync("first");
        var second = await _mesh.StartAsync("second");
        var one = await _mesh.StartAsync("one", [first]);
        await TestMesh.MeetAsync(Limit, first, one);
        await TestMesh.MeetAsync(Limit, second);

        // It joins one of them.
        var watch = Stopwatch.StartNew();
        var bridge = await _mesh.StartAsync("bridge", [first, second], isTerminator: false);
        await TestMesh.MeetAsync(Limit, first, second, one, bridge);
        output.WriteLine($"one mesh after {watch.Elapsed}");
        Assert.Same(one.FirstLife, one.Mesh.Life);
    }

    [Fact]
    public async Task A_seed_alone_on_its_side_of_a_partition_comes_back_to_the_others()
    {
        // Fixed ports: the cut is of addresses, and is to hold for the next lives too.
        var seed = await _mesh.StartAsync("seed", port: TestMesh.FreePort());
        var edge = await _mesh.StartAsync("edge", [seed], isTerminator: false, port: TestMesh.FreePort());
        var one = await _mesh.StartAsync("one", [seed]);
        var two = await _mesh.StartAsync("two", [seed]);
        await TestMesh.MeetAsync(Limit, seed, edge, one, two);

        await TestMesh.CutAsync([seed, edge], [one, two]);
        await TestMesh.UntilAsync(
            Limit, () => seed.Mesh.Life != seed.FirstLife && seed.UpMembers.SetEquals([seed.Address, edge.Address]), () => "the seed founded no mesh with whom it hears");
        var watch = Stopwatch.StartNew();
        await TestMesh.HealAsync([seed, edge], [one, two]);
        await TestMesh.MeetAsync(Limit, seed, edge, one, two);
        output.WriteLine($"one mesh after {watch.Elapsed}");
        Assert.Same(one.FirstLife, one.Mesh.Life);
        Assert.Same(two.FirstLife, two.Mesh.Life);
    }
}
