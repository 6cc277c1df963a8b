using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Tests.Pipes;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

public sealed class ReadyTunnelsTests
{
    private readonly CountingWakeable _stage = new();

    [Fact]
    public void Crumbs_of_many_tunnels_wake_the_session_once_they_are_worth_it_together()
    {
        var ready = new ReadyTunnels(_stage, streamWindow: 256 * 1024);
        for (var tunnel = 0; tunnel < 15; tunnel++)
        {
            ready.Repaid(1_024);
        }

        Assert.Equal(0, _stage.Count);
        ready.Repaid(1_024);
        Assert.Equal(1, _stage.Count);
    }

    [Fact]
    public void The_session_s_turn_begins_the_sum_anew()
    {
        var ready = new ReadyTunnels(_stage, streamWindow: 256 * 1024);
        ready.Repaid(16_383);
        Assert.Null(ready.TakeAll());
        ready.Repaid(16_383);
        Assert.Equal(0, _stage.Count);
    }
}
