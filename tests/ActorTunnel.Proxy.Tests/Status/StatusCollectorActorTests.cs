using System.Collections.Immutable;
using ActorTunnel.Proxy.Status;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Status;

public sealed class StatusCollectorActorTests() : TestKit("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"")
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Whom_a_reply_names_is_asked_too()
    {
        var group = CreateTestProbe();
        var member = CreateTestProbe();
        var answer = Ask(limit: 10, group);

        Reply(group, StatusProtocol.StatusReply.AskOn([member]));
        Reply(member, new StatusProtocol.StatusReply("its own", [], AreItems: false, Total: 3));

        var found = await answer;
        Assert.Equal("its own", Assert.Single(found.Items));
        Assert.Equal(3, found.Total);
        Assert.Empty(found.Silent);
    }

    [Fact]
    public async Task A_silent_actor_is_named_after_the_deadline_and_the_others_count()
    {
        var silent = CreateTestProbe("silent");
        var other = CreateTestProbe();
        var answer = Ask(limit: 10, silent, other);
        Reply(other, StatusProtocol.StatusReply.Of("here"));
        silent.ExpectMsg<StatusProtocol.GetSessionStatus>();

        Clock.Advance(Deadline - TimeSpan.FromMilliseconds(1));
        Assert.False(answer.IsCompleted);
        Clock.Advance(TimeSpan.FromMilliseconds(1));

        var found = await answer;
        Assert.Equal("here", Assert.Single(found.Items));
        Assert.Equal(ActorNames.PathOf(silent), Assert.Single(found.Silent));
    }

    [Fact]
    public async Task An_actor_that_has_stopped_is_neither_waited_for_nor_missed()
    {
        var gone = CreateTestProbe();
        var leaving = CreateTestProbe();
        Watch(gone);
        Sys.Stop(gone);
        ExpectTerminated(gone);
        var answer = Ask(limit: 10, gone, leaving);

        leaving.ExpectMsg<StatusProtocol.GetSessionStatus>();
        Sys.Stop(leaving);

        var found = await answer;
        Assert.Empty(found.Items);
        Assert.Empty(found.Silent);
    }

    [Fact]
    public async Task No_more_items_are_asked_for_than_the_limit_and_the_total_counts_them_all()
    {
        var group = CreateTestProbe();
        var items = Enumerable.Range(0, 5).Select(_ => CreateTestProbe()).ToList();
        var answer = Ask(limit: 2, group);

        Reply(group, StatusProtocol.StatusReply.Items(items, total: 50_000));
        Reply(items[0], StatusProtocol.StatusReply.Of("a"));
        Reply(items[1], StatusProtocol.StatusReply.Of("b"));

        var found = await answer;
        Assert.Equal(["a", "b"], found.Items.Order());
        Assert.Equal(50_000, found.Total);
        items[2].ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public async Task With_nobody_to_ask_the_answer_comes_at_once()
    {
        var found = await Ask(limit: 10);

        Assert.Empty(found.Items);
        Assert.Equal(0, found.Total);
    }

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    private Task<StatusAnswer<object>> Ask(int limit, params TestProbe[] first)
    {
        var answer = new TaskCompletionSource<StatusAnswer<object>>(TaskCreationOptions.RunContinuationsAsynchronously);
        ImmutableArray<IActorRef> actors = [.. first.Select(probe => probe.Ref)];
        Sys.ActorOf(StatusCollectorActor.Props(new StatusProtocol.GetSessionStatus(limit), actors, Deadline, answer));
        return answer.Task;
    }

    private static void Reply(TestProbe probe, StatusProtocol.StatusReply reply)
    {
        probe.ExpectMsg<StatusProtocol.GetSessionStatus>();
        probe.Reply(reply);
    }
}
