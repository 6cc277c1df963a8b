using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>Many tunnels at once over one session.</summary>
public sealed class ManyTunnels : Story
{
    private const int Tunnels = 1_000;

    [Theory]
    [InlineData(Security.Cleartext, 16 * 1024)]
    [InlineData(Security.Tls, 64 * 1024)]
    public Task A_thousand_at_once_share_one_session(Security security, int bytesEachWay) => EchoAsync(security, bytesEachWay);

    [FullSizeFact("1,000 tunnels of 1 MiB each way take half a minute")]
    public Task A_thousand_at_once_of_1_MiB_each_way_share_one_session() => EchoAsync(Security.Tls, 1024 * 1024);

    private async Task EchoAsync(Security security, int length)
    {
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            security,
            node => node.WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1 })));

        var together = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tunnels = Enumerable.Range(0, Tunnels).Select(seed => EchoAsync(topology, seed, length, together.Task)).ToArray();
        await topology.Terminator.CountsAsync("tunnels.open", Tunnels);
        Assert.All(tunnels, tunnel => Assert.False(tunnel.IsCompleted));
        together.SetResult();
        await Task.WhenAll(tunnels);

        await topology.Encapsulator.CountsAsync("tunnels.open", 0);
        await topology.Terminator.CountsAsync("tunnels.open", 0);
        foreach (var node in new[] { topology.Encapsulator, topology.Terminator })
        {
            Assert.Equal(1, node.Counters.Sum("sessions.opened"));
            Assert.Equal(Tunnels, node.Counters.Sum("tunnels.opened"));
            Assert.Equal((long)Tunnels * length, node.Counters.Sum("tunnels.bytes{direction=to-upstream}"));
            Assert.Equal((long)Tunnels * length, node.Counters.Sum("tunnels.bytes{direction=to-downstream}"));
            Assert.Equal(Tunnels, node.AccessLog.Select(entry => entry.StreamId).Distinct().Count());
        }
    }

    private static async Task EchoAsync(Topology topology, int seed, int length, Task together)
    {
        var sent = Payload.Of(length, seed);
        using var application = await Peer.ConnectAsync(topology.Entrance);
        await together;
        var sending = SendAsync(application, sent);
        await application.ExpectToEndAsync(sent);
        await sending;
    }

    private static async Task SendAsync(Peer application, byte[] bytes)
    {
        await application.SendAsync(bytes);
        application.SendFin();
    }
}
