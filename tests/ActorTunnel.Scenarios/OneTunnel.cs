using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>An application talks to an origin through one tunnel.</summary>
public sealed class OneTunnel
{
    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    [InlineData(Security.MutualTls)]
    public async Task Bytes_and_ends_pass_both_ways(Security security)
    {
        await using var origin = Origin.Echo();
        await using var topology = await Topology.StartAsync(origin.Address, security);
        using var application = await Peer.ConnectAsync(topology.Entrance);
        var sent = Payload.Of(3_000_000, seed: 1);

        var receiving = application.ReceiveToEndAsync();
        await application.SendAsync(sent).InTime();
        application.SendFin();

        var (received, end) = await receiving;
        Assert.Equal(PeerEnd.Fin, end);
        Assert.Equal(sent, received);
    }
}
