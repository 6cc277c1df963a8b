using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Upstreams;
using CsCheck;
using Xunit;
using static ActorTunnel.Mesh.Tests.Membership.Mesh;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>What holds whatever the cluster and its members say, in whatever order: a few Akka addresses, incarnations and tunnel addresses, so that they meet.</summary>
public sealed class MemberTableProperties
{
    private static readonly Gen<MemberId> s_ids = Gen.Select(Gen.Int[2, 5], Gen.Int[1, 4], Id);

    private static readonly Gen<MeshMemberState> s_states = Gen.OneOfConst(
        MeshMemberState.Joining,
        MeshMemberState.WeaklyUp,
        MeshMemberState.Up,
        MeshMemberState.Leaving,
        MeshMemberState.Exiting,
        MeshMemberState.Down);

    private static readonly Gen<Event> s_events = Gen.Frequency(
        (4, Gen.Select(s_ids, Gen.Int[100, 102], s_states).Select((id, tunnel, state) => (Event)new Event.Stands(id, tunnel, state))),
        (1, Gen.Select(s_ids, Gen.Bool).Select((id, isReachable) => (Event)new Event.Reached(id, isReachable))),
        (2, s_ids.Select(id => (Event)new Event.Removed(id))),
        (4, Gen.Select(s_ids, Gen.Int[1, 6], Gen.Bool).Select((id, sequence, isDraining) => (Event)new Event.Said(id, sequence, isDraining))),
        (1, Gen.Const((Event)new Event.NextLife())),
        (1, Gen.Int[1, 700].Select(seconds => (Event)new Event.Passed(seconds))));

    [Fact]
    public void No_two_terminators_of_a_snapshot_have_one_address_and_they_are_in_order() => Check((history, _) =>
    {
        var addresses = history.Snapshot.Terminators.Select(terminator => terminator.Address.Port).ToList();
        Assert.Equal(addresses.Distinct().Order(), addresses);
    });

    [Fact]
    public void A_member_that_drains_does_not_take_it_back() => Check((history, before) =>
    {
        var drained = before.Where(member => member.IsDraining).Select(member => member.Id).ToHashSet();
        Assert.All(history.Table.Members.Where(member => drained.Contains(member.Id)), member => Assert.True(member.IsDraining));
    });

    [Fact]
    public void Sequence_numbers_of_one_life_of_a_member_only_rise() => Check((history, before) =>
    {
        foreach (var member in history.Table.Members)
        {
            var earlier = before.FirstOrDefault(other => other.Id == member.Id)?.Heard;
            Assert.True(earlier is null || history.LifeIsNew || member.Heard!.Report.Sequence >= earlier.Report.Sequence);
        }
    });

    [Fact]
    public void A_lost_terminator_never_drains_has_no_load_and_no_member_at_work_on_its_address() => Check((history, _) =>
    {
        foreach (var lost in history.Snapshot.Terminators.Where(terminator => terminator.Presence == TerminatorPresence.Lost))
        {
            Assert.False(lost.IsDraining);
            Assert.Null(lost.Load);
            Assert.DoesNotContain(history.Table.Members, member => member.IsAtWork && member.TunnelAddress == lost.Address);
        }
    });

    [Fact]
    public void A_terminator_at_work_is_in_the_snapshot_and_only_one_that_drained_or_was_forgotten_leaves_it() => Check((history, before) =>
    {
        var now = history.Snapshot.Terminators.Select(terminator => terminator.Address).ToHashSet();
        Assert.All(history.Table.Members.Where(member => member is { IsAtWork: true, TunnelAddress: not null }), member => Assert.Contains(member.TunnelAddress!, now));
        Assert.All(
            history.Before.Terminators.Where(terminator => !now.Contains(terminator.Address)),
            gone => Assert.True(gone.IsDraining || (gone.Presence == TerminatorPresence.Lost && history.TimeHasPassed)));
    });

    [Fact]
    public void The_view_tells_of_each_member_once_and_of_the_lost_ones_behind_them() => Check((history, _) =>
    {
        var view = history.Table.ToView(1, history.Now).Members;
        var lost = view.Select(member => member.State == MeshMemberState.Lost).ToList();
        Assert.True(view[0].IsSelf);
        Assert.Equal(history.Table.Members.Count, lost.TakeWhile(isLost => !isLost).Count());
        Assert.All(lost.SkipWhile(isLost => !isLost), Assert.True);
    });

    private static void Check(Action<History, IReadOnlyList<KnownMember>> holds) => s_events.Array[1, 60].Sample(
        events =>
        {
            var history = new History();
            foreach (var next in events)
            {
                var before = history.Table.Members.ToList();
                history.Take(next);
                holds(history, before);
            }
        },
        iter: 2000);

    private abstract record Event
    {
        public sealed record Stands(MemberId Id, int Tunnel, MeshMemberState State) : Event;

        public sealed record Reached(MemberId Id, bool IsReachable) : Event;

        public sealed record Removed(MemberId Id) : Event;

        public sealed record Said(MemberId Id, int Sequence, bool IsDraining) : Event;

        public sealed record NextLife : Event;

        public sealed record Passed(int Seconds) : Event;
    }

    /// <summary>A table, and what was and is seen of it.</summary>
    private sealed class History
    {
        private readonly HashSet<MemberId> _removed = [];

        public MemberTable Table { get; private set; } = Joined();

        public TimeSpan Now { get; private set; }

        public TerminatorSnapshot Before { get; private set; } = new(true, []);

        public TerminatorSnapshot Snapshot { get; private set; } = new(true, []);

        public bool LifeIsNew { get; private set; }

        public bool TimeHasPassed { get; private set; }

        public void Take(Event next)
        {
            LifeIsNew = next is Event.NextLife;
            TimeHasPassed = next is Event.Passed;
            switch (next)
            {
                // The cluster's states only go on, and who was removed comes back as another incarnation.
                case Event.Stands stands when !_removed.Contains(stands.Id) && !(StateOf(stands.Id) >= stands.State):
                    Table.Set(stands.Id, Worker(stands.Tunnel), stands.State, Now);
                    break;
                case Event.Reached reached:
                    Table.SetReachable(reached.Id, reached.IsReachable);
                    break;
                case Event.Removed removed:
                    _removed.Add(removed.Id);
                    Table.Remove(removed.Id, Now);
                    break;
                case Event.Said said:
                    Table.Hear(said.Id.Address, Says(said.Id.Incarnation, said.Sequence, isDraining: said.IsDraining), Now);
                    break;
                case Event.NextLife:
                    Table = Joined(Table.Past);
                    break;
                case Event.Passed passed:
                    Now += TimeSpan.FromSeconds(passed.Seconds);
                    Table.Forget(Now);
                    break;
                default:
                    break;
            }

            Before = Snapshot;
            Snapshot = Table.ToSnapshot(Now);
        }

        private MeshMemberState? StateOf(MemberId id) => Table.Members.FirstOrDefault(member => member.Id == id)?.State;
    }
}
