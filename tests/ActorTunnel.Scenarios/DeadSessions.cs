using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios;

/// <summary>The cable between two nodes hangs: nothing comes through, and neither is told.</summary>
public sealed class DeadSessions : Story
{
    private const int MiB = 1024 * 1024;

    private static readonly Http2Settings Off = new() { PingInterval = TimeSpan.Zero, WriteTimeout = TimeSpan.Zero, StreamWindow = 16 * MiB };

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task A_session_without_a_sign_of_life_is_given_up_by_both_sides_and_dialled_anew(Security security)
    {
        var alive = Off with { PingInterval = TimeSpan.FromMilliseconds(200), PingTimeout = TimeSpan.FromSeconds(4) }; // A busy machine may answer late.
        var (origin, terminator, cable, encapsulator) = await StartAsync(security, encapsulator: alive, terminator: alive);
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();
        await application.SendAsync(new byte[] { 1 });
        await far.ReceiveAsync(1);

        cable.HangAll();

        await Task.WhenAll(application.ExpectResetAsync(), far.ExpectResetAsync());
        foreach (var node in new[] { encapsulator, terminator })
        {
            await node.CountsAsync("sessions.lost", 1);
            await node.CountsAsync("limits.hit{limit=ping-timeout}", 1);
        }

        await encapsulator.LoggedAsync($"upstreams/terminators/session-1 to {cable.Address} ended: nothing came from the peer for");
        await terminator.LoggedAsync("ended: nothing came from the peer for");
        await encapsulator.CountsAsync("sessions.opened", 2);
        using var next = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var nextFar = await origin.AcceptAsync();
        Assert.Equal(2, cable.Connections);
    }

    [Fact]
    public async Task A_session_that_is_idle_and_well_stays_open()
    {
        var asked = Off with { PingInterval = TimeSpan.FromMilliseconds(50), PingTimeout = TimeSpan.FromSeconds(20) };
        var (origin, terminator, cable, encapsulator) = await StartAsync(Security.Cleartext, encapsulator: asked, terminator: Off);
        using (await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in")))
        using (await origin.AcceptAsync())
        {
        }

        await encapsulator.CountsAsync("tunnels.open", 0);
        await PingsAsync(cable, 10);

        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();
        Assert.Equal(1, cable.Connections);
        Assert.Equal(0, encapsulator.Counters.Sum("sessions.lost"));
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task A_session_whose_bytes_nobody_takes_is_given_up(Security security)
    {
        var (origin, _, cable, encapsulator) = await StartAsync(
            security, encapsulator: Off with { WriteTimeout = TimeSpan.FromMilliseconds(400) }, terminator: Off);
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();
        await application.SendAsync(new byte[] { 1 });
        await far.ReceiveAsync(1);

        cable.HangAll();
        var sending = SendAsLongAsItGoesAsync(application, new byte[64 * MiB]); // More than the window, which is more than what kernels hold.

        await application.ExpectResetAsync();
        await sending;
        await encapsulator.CountsAsync("sessions.lost", 1);
        await encapsulator.CountsAsync("limits.hit{limit=write-timeout}", 1);
        await encapsulator.LoggedAsync($"to {cable.Address} ended: the connection took no byte for 0.4 s");
    }

    [Fact]
    public async Task A_session_that_was_silent_is_asked_before_it_gets_a_tunnel_and_a_dead_one_gets_none()
    {
        var patient = Off with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromMinutes(5) };
        var (origin, _, cable, encapsulator) = await StartAsync(Security.Cleartext, encapsulator: patient, terminator: Off);
        using (await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in")))
        using (await origin.AcceptAsync())
        {
        }

        await encapsulator.CountsAsync("tunnels.open", 0);
        await PingsAsync(cable, 5); // What the tunnel left behind is far less: from here on nothing but PINGs and answers is in the cable.
        cable.HangAll();
        await Eventually.TrueAsync(() => cable.HoldsBack, () => "no PING and no answer was held back"); // It was sent because the peer had been silent for an interval.

        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();

        await encapsulator.CountsAsync("sessions.opened", 2);
        await encapsulator.CountsAsync("limits.hit{limit=ping-timeout}", 1);
        await application.SendAsync(new byte[] { 5 });
        Assert.Equal([5], await far.ReceiveAsync(1));
        Assert.DoesNotContain(encapsulator.AccessLog, entry => entry.FailureReason is not null);
    }

    /// <summary>So many PINGs and their answers reach the cable.</summary>
    private static Task PingsAsync(FaultPipe cable, int count)
    {
        var awaited = cable.Bytes + (count * 2 * 17);
        return Eventually.TrueAsync(() => cable.Bytes >= awaited, () => $"{count} PINGs and their answers did not reach the cable");
    }

    private static async Task SendAsLongAsItGoesAsync(Peer peer, byte[] bytes)
    {
        try
        {
            await peer.SendAsync(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Reset meanwhile, as it should be.
        }
    }

    private async Task<(Origin Origin, StoryNode Terminator, FaultPipe Cable, StoryNode Encapsulator)> StartAsync(
        Security security, Http2Settings encapsulator, Http2Settings terminator)
    {
        var origin = Own(Origin.Start());
        var far = Own(await StoryNode.StartAsync(StorySettings
            .Terminator(origin.Address, security)
            .WithConnect(listener => listener with { Http2 = terminator })));
        var cable = Own(new FaultPipe(far.AddressOf("connect-in")));
        var near = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(security, cable.Address)
            .WithUpstream(upstream => upstream with { Http2 = encapsulator })));
        return (origin, far, cable, near);
    }
}
