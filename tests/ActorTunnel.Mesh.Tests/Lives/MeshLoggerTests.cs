using Akka.Event;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

public sealed class MeshLoggerTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly TestMesh _mesh = new(output);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task What_Akka_says_of_an_address_where_nobody_listens_is_left_out_however_it_says_it()
    {
        var node = await _mesh.StartAsync("node");
        var log = Logging.GetLogger(node.System, "test");

        node.System.EventStream.Publish(new Error(null, "test", typeof(string), "No response from remote for outbound association"));
        log.Error("Association with remote system {0} has failed", "akka://there");
        log.Error("the end");

        await SaidAsync("the end");
        Assert.DoesNotContain(_mesh.Log, line => line.Contains("remote", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_member_that_is_killed_is_told_of_by_its_name_in_short_lines()
    {
        var seed = await _mesh.StartAsync("seed");
        var two = await _mesh.StartAsync("two", [seed]);
        var killed = await _mesh.StartAsync("killed", [seed]);
        await TestMesh.MeetAsync(Limit, seed, two, killed);
        var address = killed.Address;

        await killed.Mesh.DisposeAsync();

        await SaidAsync($"{seed.Address}/user/mesh] killed at {address} is not heard any more");
        await SaidAsync($"{seed.Address}/user/mesh] killed at {address} is no member any more");
        Assert.DoesNotContain(_mesh.Log, line => line.Contains("UNREACHABLE", StringComparison.Ordinal) || line.Contains("reachability status", StringComparison.Ordinal));
    }

    [Fact]
    public async Task That_nobody_lets_a_node_in_is_told_ever_more_rarely()
    {
        var node = await _mesh.StartAsync("node");
        var log = Logging.GetLogger(node.System, "test");

        foreach (var attempts in Enumerable.Range(2, 8))
        {
            log.Warning("Couldn't join seed nodes after [{0}] attempts, will try again. seed-nodes=[{1}]", attempts, "there");
        }

        await SaidAsync("after [8] attempts");
        log.Warning("the end");
        await SaidAsync("the end");
        Assert.Equal([2, 4, 8], _mesh.Log.Where(line => line.Contains("attempts", StringComparison.Ordinal)).Select(line => line.Split('[', ']').Select(part => int.TryParse(part, out var number) ? number : 0).Max()));
    }

    private Task SaidAsync(string text) =>
        TestMesh.UntilAsync(Limit, () => _mesh.Log.Any(line => line.Contains(text, StringComparison.Ordinal)), () => $"nobody logged '{text}'");
}
