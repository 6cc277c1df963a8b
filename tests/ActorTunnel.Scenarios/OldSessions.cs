using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A session that is old enough is retired by either side, and no tunnel feels it.</summary>
public sealed class OldSessions : Story
{
    private static readonly TimeSpan Old = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public async Task An_old_session_takes_no_new_tunnel_and_lives_until_its_last_one_ends(Security security, bool encapsulatorSays)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            security,
            encapsulator: node => node.WithUpstream(upstream => upstream with { Http2 = upstream.Http2 with { MaxAge = encapsulatorSays ? Old : default } }),
            terminator: node => node.WithConnect(listener => listener with { Http2 = listener.Http2 with { MaxAge = encapsulatorSays ? default : Old } })));
        var (encapsulator, terminator) = (topology.Encapsulator, topology.Terminator);
        var says = encapsulatorSays ? encapsulator : terminator;

        var first = await topology.OpenAsync(origin);
        await encapsulator.CountsAsync("sessions.retired.open", 1);
        await encapsulator.LoggedAsync(" is retired");
        await says.LoggedAsync("is retired: it is old enough");
        var second = await topology.OpenAsync(origin);
        await encapsulator.CountsAsync("sessions.retired.open", 2); // So each is on one of its own. One more may have grown old before it got a tunnel.
        Assert.Equal(!encapsulatorSays, terminator.Counters.Sum("sessions.retired") >= 2);

        await FinishAsync(first);
        await encapsulator.CountsAsync("sessions.retired.open", 1);
        await FinishAsync(second);
        foreach (var node in new[] { encapsulator, terminator })
        {
            await node.CountsAsync("sessions.open", 0);
            await node.CountsAsync("sessions.retired.open", 0);
            Assert.Equal(0, node.Counters.Sum("sessions.lost"));
        }

        Assert.Equal(2, encapsulator.AccessLog.Select(entry => entry.Session).Distinct().Count());
    }

    [Fact]
    public async Task An_old_session_without_a_tunnel_ends_at_once()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            terminator: node => node.WithConnect(listener => listener with { Http2 = listener.Http2 with { MaxAge = Old } })));
        await FinishAsync(await topology.OpenAsync(origin));

        await topology.Terminator.LoggedAsync("is retired: it is old enough");
        await topology.Terminator.CountsAsync("sessions.open", 0);
        await topology.Encapsulator.CountsAsync("sessions.open", 0);
        Assert.Equal(0, topology.Encapsulator.Counters.Sum("sessions.lost") + topology.Terminator.Counters.Sum("sessions.lost"));
    }

    /// <summary>Both ways, whole, with a clean end each.</summary>
    private static async Task FinishAsync((Peer Application, Peer Origin) tunnel)
    {
        using var application = tunnel.Application;
        using var far = tunnel.Origin;
        var there = Payload.Of(1_000_000, seed: 31);
        var back = Payload.Of(1_000_000, seed: 32);
        var sending = Task.WhenAll(SendAsync(application, there), SendAsync(far, back));
        await Task.WhenAll(far.ExpectToEndAsync(there), application.ExpectToEndAsync(back));
        await sending;
    }

    private static async Task SendAsync(Peer peer, byte[] bytes)
    {
        await peer.SendAsync(bytes);
        peer.SendFin();
    }
}
