using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>The thread pool carries the bytes, as it does where the system is not Linux.</summary>
public sealed class WithoutEventLoops : Story
{
    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task Bytes_and_ends_pass_both_ways(Security security)
    {
        var (topology, application, far) = await OpenAsync(security);
        using (application)
        using (far)
        {
            var up = Payload.Of(3_000_000, seed: 1);
            var down = Payload.Of(2_000_000, seed: 2);
            await Task.WhenAll(SendToEndAsync(application, up), far.ExpectToEndAsync(up));
            await Task.WhenAll(SendToEndAsync(far, down), application.ExpectToEndAsync(down));
        }

        foreach (var node in new[] { topology.Encapsulator, topology.Terminator })
        {
            var entry = await node.NextAccessAsync();
            Assert.Equal(("clean/downstream", "clean/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
            Assert.Equal((3_000_000, 2_000_000), (entry.BytesToUpstream, entry.BytesToDownstream));
        }
    }

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Tls, false)]
    public async Task A_reset_reaches_the_other_side_as_one(Security security, bool byApplication)
    {
        var (_, application, far) = await OpenAsync(security);
        var (resetter, other) = byApplication ? (application, far) : (far, application);
        using (other)
        {
            var sent = Payload.Of(100_000, seed: 3);
            var receiving = other.ExpectResetAsync(sent);
            await resetter.SendAsync(sent).InTime();
            resetter.Reset();
            await receiving;
        }
    }

    [Fact]
    public async Task An_address_that_refuses_is_a_reset_for_the_application()
    {
        var origin = Origin.Start();
        await origin.DisposeAsync();
        var topology = Own(await Topology.StartAsync(origin.Address, encapsulator: OnThePool, terminator: OnThePool));
        using var application = await Peer.ConnectAsync(topology.Entrance);
        await application.ExpectResetAsync([]);
    }

    private static NodeSettings OnThePool(NodeSettings node) => node with { EventLoops = 0 };

    private async Task<(Topology Topology, Peer Application, Peer Origin)> OpenAsync(Security security)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, security, OnThePool, OnThePool));
        var (application, far) = await topology.OpenAsync(origin);
        await topology.Encapsulator.CountsAsync("tunnels.open", 1); // Else a reset may be one of a dial.
        return (topology, application, far);
    }

    private static async Task SendToEndAsync(Peer from, byte[] bytes)
    {
        await from.SendAsync(bytes).InTime();
        from.SendFin();
    }
}
