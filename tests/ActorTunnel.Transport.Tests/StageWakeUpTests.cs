using ActorTunnel.TestSupport.Streams;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests;

public sealed class StageWakeUpTests : StageTest
{
    private const int Many = 10_000;

    [Fact]
    public void A_wake_up_after_the_first_allocates_nothing()
    {
        var stage = new WokenStage();
        Run(stage);
        Wake(stage, Many);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Wake(stage, Many);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, Many); // The queues of mailbox and thread pool grow now and then; the smallest object has 24 bytes.
    }

    [Fact]
    public void Stages_of_one_actor_are_woken_each_for_itself()
    {
        var first = new WokenStage();
        var second = new WokenStage();
        Run(first, second);
        for (var i = 1; i <= 100; i++)
        {
            Wake(first, 1);
            Wake(second, 2);
            Assert.Equal((i, 2 * i), (first.Wakes, second.Wakes));
        }
    }

    [Fact]
    public void A_stage_that_was_first_woken_in_anothers_turn_is_woken_for_itself_later()
    {
        var first = new WokenStage();
        var second = new WokenStage();
        first.Work = () => second.WakeUp.Wake();
        Run(first, second);
        Wake(first, 1);
        Eventually(() => Assert.Equal(1, second.Wakes));

        Wake(second, 10);

        Assert.Equal((1, 11), (first.Wakes, second.Wakes));
    }

    [Fact]
    public void A_stage_that_wakes_itself_has_another_turn()
    {
        var stage = new WokenStage();
        Run(stage);
        Wake(stage, 10);

        var again = 5;
        stage.Work = () =>
        {
            if (again-- > 0)
            {
                stage.WakeUp.Wake();
            }
        };
        stage.WakeUp.Wake();

        Eventually(() => Assert.Equal(16, stage.Wakes));
    }

    [Fact]
    public void A_wake_up_of_a_stage_that_has_stopped_is_lost()
    {
        var stage = new WokenStage();
        Run(stage);
        Wake(stage, 10);
        Materializer.Shutdown();
        Eventually(() => Assert.True(Materializer.IsShutdown));

        stage.WakeUp.Wake();

        Assert.Equal(10, stage.Wakes);
    }

    private static void Wake(WokenStage stage, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var before = stage.Wakes;
            var start = TimeProvider.System.GetTimestamp();
            stage.WakeUp.Wake();
            for (var spin = default(SpinWait); stage.Wakes == before;) // SpinUntil would allocate.
            {
                spin.SpinOnce();
                Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, "the stage was not woken");
            }
        }
    }

    private void Run(params WokenStage[] stages)
    {
        var source = stages.Aggregate(Source.Maybe<object>(), (flow, stage) => flow.Via(stage));
        source.To(Sink.Ignore<object>()).Run(Materializer);
    }
}
