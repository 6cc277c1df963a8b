using System.Globalization;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>What a tunnel leaves behind: an access-log line at each node and sums in the meters.</summary>
public sealed class Records : Story
{
    [Fact]
    public async Task Both_access_logs_tell_the_same_tunnel_from_their_side()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address));
        var (application, far) = await topology.OpenAsync(origin);
        var applicationAddress = application.Socket.LocalEndPoint;
        await Task.WhenAll(application.SendAsync(new byte[12_345]), far.ReceiveAsync(12_345));
        await Task.WhenAll(far.SendAsync(new byte[54_321]), application.ReceiveAsync(54_321));
        application.SendFin();
        await far.ExpectToEndAsync([]);
        far.Dispose();
        await application.ExpectToEndAsync([]);
        application.Dispose();

        var near = await topology.Encapsulator.NextAccessAsync();
        var distant = await topology.Terminator.NextAccessAsync();

        Assert.Equal(("tunnel-in", "connect-in"), (near.Listener, distant.Listener));
        Assert.Equal(applicationAddress, near.DownstreamRemote);
        Assert.Equal(topology.Entrance, near.DownstreamLocal);
        Assert.Equal(("host.com:443", "host.com:443"), (near.Authority, distant.Authority));
        Assert.Equal(("terminators", "origin"), (near.Upstream, distant.Upstream));
        Assert.Equal(topology.Terminator.AddressOf("connect-in"), near.Endpoint);
        Assert.Equal(origin.Address, distant.Endpoint);
        Assert.Equal(("upstreams/terminators/session-1", 1), (near.Session, near.StreamId!.Value));
        Assert.Equal(("listeners/connect-in/connection-1/session", 1), (distant.Session, distant.StreamId!.Value));
        foreach (var entry in new[] { near, distant })
        {
            Assert.Equal(200, entry.Status);
            Assert.Null(entry.FailureReason);
            Assert.Equal((12_345, 12_345), (entry.BytesFromDownstream, entry.BytesToUpstream));
            Assert.Equal((54_321, 54_321), (entry.BytesFromUpstream, entry.BytesToDownstream));
            Assert.Equal(("clean/downstream", "clean/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
            Assert.InRange(entry.Duration, TimeSpan.FromTicks(1), Eventually.Patience);
        }
    }

    [Fact]
    public async Task The_meters_add_up_to_the_bytes_and_tunnels()
    {
        const int tunnels = 5;
        const int size = 70_000;
        var origin = Own(Origin.Echo());
        var topology = Own(await Topology.StartAsync(origin.Address));
        for (var i = 0; i < tunnels; i++)
        {
            using var application = await Peer.ConnectAsync(topology.Entrance);
            var sent = Payload.Of(size, seed: i);
            await application.SendAsync(sent);
            application.SendFin();
            await application.ExpectToEndAsync(sent);
        }

        foreach (var (node, listener) in new[] { (topology.Encapsulator, "tunnel-in"), (topology.Terminator, "connect-in") })
        {
            await node.CountsAsync("tunnels.open", 0);
            await node.CountsAsync(string.Create(CultureInfo.InvariantCulture, $"tunnels.opened{{listener={listener}}}"), tunnels);
            await node.CountsAsync("tunnels.bytes{direction=to-upstream}", tunnels * size);
            await node.CountsAsync("tunnels.bytes{direction=to-downstream}", tunnels * size);
            await node.CountsAsync("sessions.open", 1);
            Assert.Equal(0, node.Counters.Sum("tunnels.failed"));
        }

        await topology.Encapsulator.CountsAsync("connections.open", 0);
        await topology.Terminator.CountsAsync("dials.ended{outcome=connected}", tunnels);
        await topology.Terminator.CountsAsync("connections.open{listener=connect-in}", 1);
    }

    [Fact]
    public async Task A_truncated_transfer_counts_what_was_delivered_and_names_who_broke_it()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address));
        var (application, far) = await topology.OpenAsync(origin);
        using var _ = far;
        await Task.WhenAll(application.SendAsync(new byte[1_000]), far.ReceiveAsync(1_000));

        application.Reset();
        await far.ExpectResetAsync();

        foreach (var node in new[] { topology.Encapsulator, topology.Terminator })
        {
            var entry = await node.NextAccessAsync();
            Assert.Equal("reset/downstream", entry.UpstreamEnd.ToString());
            Assert.Equal("reset/downstream", entry.DownstreamEnd.ToString());
            Assert.Equal((1_000, 0), (entry.BytesToUpstream, entry.BytesToDownstream));
        }
    }
}
