using ActorTunnel.Scenarios.Support;
using Akka.Actor;

namespace ActorTunnel.Scenarios;

/// <summary>An actor of a tunnel stops before its time, which only a defect makes it do: its tunnel is reset, and nothing else notices.</summary>
public sealed class StoppedActors : Story
{
    [Fact]
    public async Task When_a_streams_actor_stops_both_ends_see_a_reset_and_the_log_says_that_it_was_ours()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address));
        var (broken, itsOrigin) = await topology.OpenAsync(origin);
        var (other, othersOrigin) = await topology.OpenAsync(origin);
        using (broken)
        using (itsOrigin)
        using (other)
        using (othersOrigin)
        {
            var bytes = Payload.Of(1_000, seed: 1);
            await itsOrigin.SendAsync(bytes).InTime();
            Assert.Equal(bytes, await broken.ReceiveAsync(bytes.Length).InTime());

            topology.Encapsulator.Sys.ActorSelection("/user/upstreams/terminators/session-1/stream-1").Tell(PoisonPill.Instance);

            await Task.WhenAll(broken.ExpectResetAsync([]), itsOrigin.ExpectResetAsync([]));
            var entry = await topology.Encapsulator.NextAccessAsync();
            Assert.Equal(("reset/us:internal-error", "reset/us:internal-error"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));

            await other.SendAsync(bytes).InTime();
            Assert.Equal(bytes, await othersOrigin.ReceiveAsync(bytes.Length).InTime());
        }
    }
}
