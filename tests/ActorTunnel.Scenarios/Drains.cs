using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A node that is stopped takes no new work, finishes the old, and resets what is left at its deadline.</summary>
public sealed class Drains : Story
{
    private static readonly TimeSpan Long = Eventually.Patience;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Transfers_that_run_are_finished(bool encapsulatorStops)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, Security.Tls));
        var (application, far) = await topology.OpenAsync(origin);
        using var _ = application;
        using var __ = far;
        var sent = Payload.Of(2_000_000, seed: 12);
        var half = sent.Length / 2;
        await application.SendAsync(sent.AsMemory(0, half));
        await far.ReceiveAsync(half);
        var leaving = encapsulatorStops ? topology.Encapsulator : topology.Terminator;

        var draining = leaving.StopAsync(Long);
        var receiving = far.ExpectToEndAsync(sent[half..]);
        await application.SendAsync(sent.AsMemory(half));
        application.SendFin();
        await receiving;
        Assert.False(draining.IsCompleted);
        far.SendFin();
        await application.ExpectToEndAsync([]);

        Assert.True(await draining);
        Assert.Equal("clean/downstream", (await topology.Terminator.NextAccessAsync()).UpstreamEnd.ToString());
        Assert.Equal(0, topology.Encapsulator.Counters.Sum("sessions.lost") + topology.Terminator.Counters.Sum("sessions.lost"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_left_at_the_deadline_is_reset(bool encapsulatorStops)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address));
        var (application, far) = await topology.OpenAsync(origin);
        using var _ = application;
        using var __ = far;
        await application.SendAsync(new byte[] { 1, 2, 3 });
        await far.ReceiveAsync(3);
        var leaving = encapsulatorStops ? topology.Encapsulator : topology.Terminator;

        var draining = leaving.StopAsync(Short);

        await application.ExpectResetAsync();
        await far.ExpectResetAsync();
        Assert.False(await draining);
        var entry = await leaving.NextAccessAsync();
        Assert.Equal(("reset/us:drain", "reset/us:drain"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
    }

    [Fact]
    public async Task An_encapsulator_that_drains_accepts_nobody()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address));
        using var tunnels = new OpenTunnels(topology.Entrance, origin);
        await tunnels.OpenAsync(1);

        var draining = topology.Encapsulator.StopAsync(Long);

        await Eventually.TrueAsync(() => !OpenSockets.IsListening(topology.Entrance.Port), () => "it still listens");
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => Peer.ConnectAsync(topology.Entrance));
        tunnels.Dispose();
        Assert.True(await draining);
    }

    [Fact]
    public async Task A_tunnel_that_is_not_open_yet_at_the_deadline_is_reset()
    {
        using var silent = await SilentAddress.StartAsync();
        var topology = Own(await Topology.StartAsync(silent.Address));
        using var application = await Peer.ConnectAsync(topology.Entrance);
        await topology.Terminator.CountsAsync("dials.open", 1);

        var draining = topology.Encapsulator.StopAsync(Short);

        await application.ExpectResetAsync();
        Assert.False(await draining);
        Assert.Equal(ConnectFailureReason.Draining, (await topology.Encapsulator.NextAccessAsync()).FailureReason);
    }
}
