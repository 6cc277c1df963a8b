using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A limit that is met gives a typed answer, a counter and a log line.</summary>
public sealed class LimitsMet : Story
{
    [Fact]
    public async Task A_connection_over_the_listeners_limit_waits_for_a_place()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address, encapsulator: node => node.WithTunnel(listener => listener with { MaxConnections = 2 })));
        using var tunnels = new OpenTunnels(topology.Entrance, origin);
        await tunnels.OpenAsync(2);
        using var third = await Peer.ConnectAsync(topology.Entrance);
        await third.SendAsync(new byte[] { 3 });

        await topology.Encapsulator.LoggedAsync("listener tunnel-in has its 2 connections");
        Assert.Equal(1, topology.Encapsulator.Counters.Sum("limits.hit{limit=max-connections}"));
        Assert.Equal(2, topology.Encapsulator.Counters.Sum("connections.accepted"));
        tunnels.Dispose();

        using var far = await origin.AcceptAsync();
        Assert.Equal([3], await far.ReceiveAsync(1));
    }

    [Theory]
    [InlineData(true, "dials-per-session")]
    [InlineData(false, "dials-per-process")]
    public async Task A_tunnel_that_gets_no_turn_to_dial_is_a_503(bool ofSession, string limit)
    {
        using var silent = await SilentAddress.StartAsync();
        var topology = Own(await Topology.StartAsync(
            silent.Address,
            encapsulator: TryingOnce,
            terminator: node => node.WithUpstream(upstream => upstream with { ConnectTimeout = TimeSpan.FromSeconds(4) }) with
            {
                Limits = node.Limits with
                {
                    DialsPerSession = ofSession ? 1 : 64,
                    DialsPerProcess = ofSession ? 64 : 1,
                    DialWait = TimeSpan.FromMilliseconds(100),
                },
            }));
        using var first = await Peer.ConnectAsync(topology.Entrance);
        await topology.Terminator.CountsAsync("dials.open", 1);

        await Peer.ConnectToBeResetAsync(topology.Entrance);

        var entry = await topology.Encapsulator.NextAccessAsync();
        Assert.Equal(503, entry.Status);
        Assert.StartsWith("terminator; error=connection_limit_reached", entry.FailureDetail, StringComparison.Ordinal);
        Assert.Equal(ConnectFailureReason.Overloaded, (await topology.Terminator.NextAccessAsync()).FailureReason);
        Assert.Equal(1, topology.Terminator.Counters.Sum($"limits.hit{{limit={limit}}}"));
        await first.ExpectResetAsync();
        Assert.Equal(504, (await topology.Encapsulator.NextAccessAsync()).Status);
    }

    [Fact]
    public async Task A_terminator_out_of_buffers_answers_503()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address, encapsulator: TryingOnce, terminator: node => node with { Limits = node.Limits with { Buffers = BufferPool.BlockSize } }));
        using (topology.Terminator.LendABlock())
        {
            await Peer.ConnectToBeResetAsync(topology.Entrance);
        }

        Assert.Equal(503, (await topology.Encapsulator.NextAccessAsync()).Status);
        Assert.Equal(ConnectFailureReason.Overloaded, (await topology.Terminator.NextAccessAsync()).FailureReason);
        Assert.Equal(1, topology.Terminator.Counters.Sum("limits.hit{limit=buffers}"));
    }

    [Fact]
    public async Task An_encapsulator_out_of_buffers_resets_the_application()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address, encapsulator: node => node with { Limits = node.Limits with { Buffers = BufferPool.BlockSize } }));
        using (topology.Encapsulator.LendABlock())
        {
            await Peer.ConnectToBeResetAsync(topology.Entrance);
        }

        var entry = await topology.Encapsulator.NextAccessAsync();
        Assert.Equal((null, ConnectFailureReason.Overloaded), (entry.Status, entry.FailureReason));
        Assert.Equal("reset/us:connect-failed", entry.DownstreamEnd.ToString());
        Assert.Equal(0, topology.Encapsulator.Counters.Sum("sessions.opened"));
    }

    private static NodeSettings TryingOnce(NodeSettings encapsulator) => encapsulator.WithUpstream(upstream => upstream with { MaxAttempts = 1 });
}
