using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>Members that are gone without a word, and links that carry nothing.</summary>
public sealed class LossTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly TestMesh _mesh = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task A_member_that_died_is_given_up_by_the_majority()
    {
        var (seed, one, two) = await ThreeAsync();
        var gone = two.Address;
        await two.Mesh.DisposeAsync();
        await TestMesh.UntilAsync(Limit, () => !IsMember(seed, gone) && !IsMember(one, gone), () => $"{gone} is still a member");
        await TestMesh.MeetAsync(Limit, seed, one);
        AssertFirstLives(seed, one);
    }

    [Fact]
    public async Task The_smaller_side_of_a_partition_is_downed_and_comes_back_when_it_heals()
    {
        var (seed, one, two) = await ThreeAsync();
        await TestMesh.CutAsync([seed, one], [two]);
        await TestMesh.UntilAsync(Limit, () => two.Mesh.Life is { } life && life != two.FirstLife, () => "the member that was cut off began no other life");
        await TestMesh.MeetAsync(Limit, seed, one);

        var watch = Stopwatch.StartNew();
        await TestMesh.HealAsync([seed, one], [two]);
        await TestMesh.MeetAsync(Limit, seed, one, two);
        output.WriteLine($"converged {watch.Elapsed} after healing");
        AssertFirstLives(seed, one);
    }

    [Fact]
    public async Task A_partition_that_heals_before_anybody_is_given_up_costs_no_life()
    {
        var (seed, one, two) = await ThreeAsync("akka.cluster.split-brain-resolver.stable-after = 30s\n" + TestMesh.Quick);
        await TestMesh.CutAsync([seed, one], [two]);
        await TestMesh.UntilAsync(Limit, () => seed.UpMembers.Count == 2 && two.UpMembers.Count == 1, () => "the cut was not noticed");
        await TestMesh.HealAsync([seed, one], [two]);
        await TestMesh.MeetAsync(Limit, seed, one, two);
        AssertFirstLives(seed, one, two);
    }

    [Fact]
    public async Task A_link_that_flaps_ends_with_everybody_in_one_mesh()
    {
        var (seed, one, two) = await ThreeAsync();
        for (var i = 0; i < 4; i++)
        {
            var cut = Stopwatch.StartNew();
            await TestMesh.CutAsync([one], [two]);
            // Longer than the failure detector's patience, shorter than the resolver's.
            await Task.Delay(TimeSpan.FromSeconds(0.8 * (i + 1)));
            await TestMesh.HealAsync([one], [two]);
            output.WriteLine($"flap of {cut.Elapsed}");
        }

        await TestMesh.MeetAsync(Limit, seed, one, two);
    }

    [Fact]
    public async Task The_side_with_more_terminators_stays_even_where_the_other_has_more_members()
    {
        var seed = await _mesh.StartAsync("seed", isTerminator: false);
        var edge = await _mesh.StartAsync("edge", [seed], isTerminator: false);
        var other = await _mesh.StartAsync("other-edge", [seed], isTerminator: false);
        var one = await _mesh.StartAsync("one", [seed]);
        var two = await _mesh.StartAsync("two", [seed]);
        await TestMesh.MeetAsync(Limit, seed, edge, other, one, two);
        await TestMesh.CutAsync([seed, edge, other], [one, two]);
        await TestMesh.UntilAsync(
            Limit, () => new[] { seed, edge, other }.All(node => node.Mesh.Life is { } life && life != node.FirstLife), () => "the side with fewer terminators was not downed");
        // Their next lives have other addresses, which are not cut.
        await TestMesh.MeetAsync(Limit, seed, edge, other, one, two);
        AssertFirstLives(one, two);
    }

    private static void AssertFirstLives(params TestNode[] nodes) => Assert.All(nodes, node => Assert.Same(node.FirstLife, node.Mesh.Life));

    private static bool IsMember(TestNode node, Proxy.Settings.EndpointAddress address) =>
        Akka.Cluster.Cluster.Get(node.System).State.Members.Any(member => member.Address == node.SystemAddress.WithPort(address.Port));

    private async Task<(TestNode Seed, TestNode One, TestNode Two)> ThreeAsync(string hocon = TestMesh.Quick)
    {
        var seed = await _mesh.StartAsync("seed", hocon: hocon);
        var one = await _mesh.StartAsync("one", [seed], hocon: hocon);
        var two = await _mesh.StartAsync("two", [seed], hocon: hocon);
        await TestMesh.MeetAsync(Limit, seed, one, two);
        return (seed, one, two);
    }
}
