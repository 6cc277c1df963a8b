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

        await TestMesh.UntilAsync(Limit, () => _mesh.Log.Any(line => line.Contains("the end", StringComparison.Ordinal)), () => "the last line was not logged");
        Assert.DoesNotContain(_mesh.Log, line => line.Contains("remote", StringComparison.Ordinal));
    }
}
