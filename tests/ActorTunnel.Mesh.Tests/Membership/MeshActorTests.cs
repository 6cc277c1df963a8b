using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Xunit;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>Two or three members in one process, over real connections.</summary>
public sealed class MeshActorTests
{
    private static readonly NodeReport Busy = new(0, IsDraining: false, Tunnels: 7, Dials: 2, Cpu: 0.25, ResidentBytes: 1000);

    [Fact]
    public async Task An_encapsulator_alone_knows_that_there_is_no_terminator()
    {
        await using var edge = MeshPeer.Edge();
        Assert.False(edge.Directory.Current.IsKnown);

        await MeshPeer.JoinAsync(edge);

        Assert.Empty((await edge.SeesTerminatorsAsync(snapshot => snapshot.IsKnown)).Terminators);
    }

    [Fact]
    public async Task A_terminators_report_arrives_within_its_second_and_again_each_second()
    {
        await using var edge = MeshPeer.Edge();
        await using var worker = MeshPeer.Worker(100);
        worker.Report = Busy;
        var joining = MeshPeer.JoinAsync(edge, worker);

        await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [_]);
        var since = Stopwatch.GetTimestamp();
        var first = await LoadAsync(null);
        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(new TerminatorLoad(7, 2, 0.25), first);
        await joining;
        first = await LoadAsync(first);
        since = Stopwatch.GetTimestamp();
        for (var seconds = 0; seconds < 4; seconds++)
        {
            first = await LoadAsync(first);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(6));

        async Task<TerminatorLoad> LoadAsync(TerminatorLoad? before) => (await edge.SeesTerminatorsAsync(
            snapshot => snapshot.Terminators is [{ Load: not null } one] && !ReferenceEquals(one.Load, before))).Terminators[0].Load!;
    }

    [Fact]
    public async Task The_first_snapshot_has_all_who_became_members_in_the_same_moment()
    {
        await using var edge = MeshPeer.Edge(membersToBegin: 7);
        MeshPeer[] workers = [.. Enumerable.Range(100, 6).Select(port => MeshPeer.Worker(port, membersToBegin: 7))];
        var known = new ConcurrentQueue<int>();
        edge.Directory.Replaced += () => known.Enqueue(edge.Directory.Current.Terminators.Length);

        await Task.WhenAll(workers.Append(edge).Select(peer => Cluster.Get(peer.System).JoinAsync(workers[0].Address)));
        await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators.Length == 6);

        Assert.All(known, terminators => Assert.Equal(6, terminators));
        await Task.WhenAll(workers.Select(worker => worker.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_drain_is_known_to_each_member_when_it_has_been_announced()
    {
        await using var seed = MeshPeer.Seed();
        await using var worker = MeshPeer.Worker(100);
        await using var edge = MeshPeer.Edge();
        await using var other = MeshPeer.Edge("other");
        await MeshPeer.JoinAsync(seed, worker, edge, other);

        await worker.AnnounceDrainAsync();

        Assert.True(Assert.Single(edge.Directory.Current.Terminators).IsDraining);
        Assert.True(Assert.Single(other.Directory.Current.Terminators).IsDraining);
        Assert.True(Assert.Single(worker.Directory.Current.Terminators).IsDraining);
        Assert.True(Assert.Single(seed.Directory.Current.Terminators).IsDraining);

        // The node goes on to say so, whatever it is told to say.
        worker.Report = Busy;
        var heard = await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Load.Tunnels: 7 }]);
        Assert.True(heard.Terminators[0].IsDraining);
        await worker.AnnounceDrainAsync();
    }

    [Fact]
    public async Task A_node_that_is_no_member_has_nobody_to_tell_of_its_drain()
    {
        await using var worker = MeshPeer.Worker(100);

        await worker.AnnounceDrainAsync();

        Assert.True(worker.Memory.IsDraining);
    }

    [Fact]
    public async Task A_drain_is_announced_until_those_who_are_heard_know()
    {
        await using var worker = MeshPeer.Worker(100);
        await using var listener = MeshPeer.Listener(announcementsBefore: 2);
        await MeshPeer.JoinAsync(worker, listener);

        var since = Stopwatch.GetTimestamp();
        await worker.AnnounceDrainAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(5));
        var announcements = (await HeardAsync(listener)).OfType<NodeReported>().Where(said => said.WantsAcknowledgement).ToList();
        Assert.Equal(3, announcements.Count);
        Assert.All(announcements, said => Assert.True(said.Report.IsDraining));
        Assert.Equal(announcements.Select(said => said.Report.Sequence).Distinct().Order(), announcements.Select(said => said.Report.Sequence));
    }

    [Fact]
    public async Task A_terminator_that_drained_and_left_is_gone_and_one_that_only_left_is_lost()
    {
        await using var edge = MeshPeer.Edge();
        await using var drained = MeshPeer.Worker(100);
        await using var left = MeshPeer.Worker(200);
        await MeshPeer.JoinAsync(edge, drained, left);
        await drained.AnnounceDrainAsync();

        Cluster.Get(drained.System).Leave(drained.Address);
        Cluster.Get(left.System).Leave(left.Address);

        var terminators = (await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Presence: TerminatorPresence.Lost }])).Terminators;
        Assert.Equal(Mesh.Tunnel(200), Assert.Single(terminators).Address);
    }

    [Fact]
    public async Task A_killed_terminator_is_unreachable_then_lost_and_a_member_again_when_it_is_back()
    {
        await using var edge = MeshPeer.Edge();
        await using var worker = MeshPeer.Worker(100);
        await MeshPeer.JoinAsync(edge, worker);
        await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Load: not null }]);
        var killed = worker.Address;

        await worker.KillAsync();
        await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Presence: TerminatorPresence.Unreachable }]);
        Cluster.Get(edge.System).Down(killed);
        var lost = await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Presence: TerminatorPresence.Lost }]);
        Assert.Null(lost.Terminators[0].Load);
        await edge.SeesAsync(view => view.Members is [{ IsSelf: true }, { State: MeshMemberState.Lost, Name: "worker-100" }]);

        worker.Begin(2);
        await Cluster.Get(worker.System).JoinAsync(edge.Address);
        var back = await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Presence: TerminatorPresence.Member, Load: not null }]);
        Assert.Equal(Mesh.Tunnel(100), back.Terminators[0].Address);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_a_life_ends_the_snapshot_stays_and_the_next_life_finds_the_others_again(bool isDowned)
    {
        await using var worker = MeshPeer.Worker(100);
        await using var other = MeshPeer.Worker(200);
        await using var edge = MeshPeer.Edge();
        await MeshPeer.JoinAsync(worker, other, edge);
        await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Load: not null }, { Load: not null }]);

        var seen = new ConcurrentQueue<TerminatorSnapshot>();
        edge.Directory.Replaced += () => seen.Enqueue(edge.Directory.Current);
        var farewells = Inbox.Create(edge.System);
        Cluster.Get(edge.System).Subscribe(farewells.Receiver, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));
        if (isDowned)
        {
            Cluster.Get(edge.System).Down(edge.Address);
        }
        else
        {
            Cluster.Get(edge.System).Leave(edge.Address);
        }

        await edge.SeesTerminatorsAsync(snapshot =>
            snapshot.Terminators is [{ Presence: TerminatorPresence.Unreachable, Load: null }, { Presence: TerminatorPresence.Unreachable, Load: null }]);
        for (var members = 0; members < 3; members++)
        {
            Assert.IsType<ClusterEvent.MemberRemoved>(await farewells.ReceiveAsync(TimeSpan.FromSeconds(10)));
        }

        Assert.False((await edge.GetViewAsync(TimeSpan.Zero)).IsJoined);
        await edge.KillAsync();
        Assert.False(edge.Memory.View.IsJoined);
        Assert.Equal(2, edge.Memory.Others.Length);

        edge.Begin(2);
        await Cluster.Get(edge.System).JoinAsync(worker.Address);
        await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Load: not null }, { Load: not null }]);
        Assert.Equal((true, 2), (edge.Memory.View.IsJoined, edge.Memory.View.Lives));
        Assert.All(seen, snapshot => Assert.DoesNotContain(snapshot.Terminators, terminator => terminator.Presence == TerminatorPresence.Lost));
        Assert.All(seen, snapshot => Assert.Equal((true, 2), (snapshot.IsKnown, snapshot.Terminators.Length)));
    }

    [Fact]
    public async Task A_seed_is_told_how_all_are_when_it_asks_and_many_may_ask_at_once()
    {
        await using var seed = MeshPeer.Seed();
        await using var worker = MeshPeer.Worker(100);
        await using var edge = MeshPeer.Edge();
        worker.Report = Busy;
        edge.Report = Busy with { Tunnels = 8 };
        seed.Report = Busy with { Tunnels = 9 };
        await MeshPeer.JoinAsync(seed, worker, edge);

        var views = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => seed.GetViewAsync(TimeSpan.FromSeconds(15))));

        Assert.All(views, view =>
        {
            Assert.Equal(["seed", "edge", "worker-100"], view.Members.Select(member => member.Name));
            Assert.Equal([9, 8, 7], view.Members.Select(member => member.Report!.Tunnels));
            Assert.All(view.Members, member => Assert.InRange(member.ReportAge!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(1.5)));
        });
    }

    [Fact]
    public async Task Who_does_not_answer_holds_a_view_up_to_its_deadline_only()
    {
        await using var seed = MeshPeer.Seed();
        await using var listener = MeshPeer.Listener(announcementsBefore: 0);
        await MeshPeer.JoinAsync(seed, listener);

        var since = Stopwatch.GetTimestamp();
        var view = await seed.GetViewAsync(TimeSpan.FromMilliseconds(500));

        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(2.5));
        Assert.Equal([true, false], view.Members.Select(member => member.Report is not null));
    }

    [Fact]
    public async Task Only_members_are_answered_and_believed()
    {
        await using var worker = MeshPeer.Worker(100);
        await using var stranger = MeshPeer.Listener(announcementsBefore: 0);
        await MeshPeer.JoinAsync(worker);
        var mesh = stranger.System.ActorSelection(new RootActorPath(worker.Address) / "user" / MeshActor.Name);

        mesh.Tell(new ReportsWanted(TimeSpan.FromSeconds(5)), stranger.Actor);
        mesh.Tell(new NodeReported(0, Busy with { Sequence = 1, IsDraining = true }, WantsAcknowledgement: true), stranger.Actor);
        await mesh.Ask<ActorIdentity>(new Identify("behind them"), TimeSpan.FromSeconds(10));
        await Cluster.Get(stranger.System).JoinAsync(worker.Address);
        await worker.SeesAsync(view => view.Members.Count(member => member.State == MeshMemberState.Up) == 2);
        mesh.Tell(new ReportsWanted(TimeSpan.Zero), stranger.Actor);

        var heard = await HeardAsync(stranger);
        while (heard.IsEmpty)
        {
            await Task.Delay(20); // There is no event for what a listener hears.
            heard = await HeardAsync(stranger);
        }

        Assert.Equal(1, Assert.IsType<NodeReported>(Assert.Single(heard)).Report.Sequence);
        Assert.Null(worker.Memory.View.Members[1].Report);
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_told_of_once_and_harms_nobody()
    {
        await using var edge = MeshPeer.Edge();
        await using var worker = MeshPeer.Worker(100);
        await MeshPeer.JoinAsync(edge, worker);
        var log = Inbox.Create(edge.System);
        edge.System.EventStream.Subscribe(log.Receiver, typeof(Warning));
        edge.System.EventStream.Subscribe(log.Receiver, typeof(Error));
        var mesh = worker.System.ActorSelection(new RootActorPath(edge.Address) / "user" / MeshActor.Name);

        for (var times = 0; times < 3; times++)
        {
            mesh.Tell(new NodeReported(0, Busy with { Sequence = 0 }, false), worker.Actor);
        }

        Assert.Contains("sends NodeReported", await NextAsync(), StringComparison.Ordinal);
        worker.Report = Busy;
        await edge.SeesTerminatorsAsync(snapshot => snapshot.Terminators is [{ Load.Tunnels: 7 }]);
        edge.System.EventStream.Publish(new Warning(null, "test", typeof(MeshActorTests), "the end"));
        Assert.Equal("the end", await NextAsync());

        async Task<string> NextAsync()
        {
            while (true)
            {
                var text = Assert.IsAssignableFrom<LogEvent>(await log.ReceiveAsync(TimeSpan.FromSeconds(10))).Message.ToString()!;
                if (!text.StartsWith("Cluster Node", StringComparison.Ordinal))
                {
                    return text; // The cluster complains of a slow machine.
                }
            }
        }
    }

    private static Task<ImmutableArray<MeshMessage>> HeardAsync(MeshPeer listener) =>
        listener.Actor.Ask<ImmutableArray<MeshMessage>>(new ListenerActor.GetHeard(), TimeSpan.FromSeconds(10));
}
