using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.TestSupport.Time;
using Xunit;
using static ActorTunnel.Mesh.Tests.Membership.Mesh;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>What outlives a life of the mesh.</summary>
public sealed class MeshMemoryTests
{
    private readonly HandTime _time = new();
    private readonly TerminatorDirectory _directory = new();
    private readonly MeshMemory _memory;
    private readonly MemberTable _table;
    private int _replaced;

    public MeshMemoryTests()
    {
        _memory = new MeshMemory(_directory, _time);
        _directory.Replaced += () => _replaced++;
        _table = new MemberTable(Edge, _memory.BeginLife(1));
    }

    [Fact]
    public void Before_the_first_life_is_a_member_nothing_is_known()
    {
        Assert.Equal(0, _replaced);
        Assert.False(_directory.Current.IsKnown);
        Assert.Equal((false, 1, 0), (_memory.View.IsJoined, _memory.View.Lives, _memory.View.Members.Length));
    }

    [Fact]
    public void The_snapshot_is_replaced_when_it_is_another_and_not_otherwise()
    {
        Join();
        Publish(1, 0);
        Assert.Equal(1, _replaced);
        Publish(1, 0);
        _table.Set(Id(2), Worker(100), MeshMemberState.Leaving, At(0));
        Publish(1, 0);
        Assert.Equal(1, _replaced);
        _table.SetReachable(Id(2), false);
        Publish(1, 0);
        Assert.Equal(2, _replaced);
    }

    [Fact]
    public void A_report_that_says_the_same_as_the_one_before_is_another_report()
    {
        Join();
        _table.Hear(Id(2).Address, Says(1, sequence: 1, tunnels: 7), At(0));
        Publish(1, 0);
        var first = Assert.Single(_directory.Current.Terminators).Load;

        Publish(1, 0.5);
        Assert.Same(first, Assert.Single(_directory.Current.Terminators).Load);
        _table.Hear(Id(2).Address, Says(1, sequence: 2, tunnels: 7), At(1));
        Publish(1, 1);

        Assert.Equal(2, _replaced);
        Assert.NotSame(first, Assert.Single(_directory.Current.Terminators).Load);
    }

    [Fact]
    public void A_view_grows_older_while_nobody_publishes_another()
    {
        Join();
        _table.Hear(Id(2).Address, Says(1, sequence: 1), At(0));
        Publish(1, 1);

        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(4), _memory.View.Members[1].ReportAge);
        Assert.Null(_memory.View.Members[0].ReportAge);
    }

    [Fact]
    public void When_a_life_ends_the_others_stay_unheard()
    {
        Join();
        _table.Hear(Id(2).Address, Says(1, sequence: 1), At(0));
        _table.Up(Id(3), Worker(200), 0);
        _table.Remove(Id(3), At(0));
        Publish(1, 0);

        _memory.EndLife(1);

        Assert.True(_directory.Current.IsKnown);
        Assert.Equal(
            [(100, TerminatorPresence.Unreachable, null), (200, TerminatorPresence.Lost, null)],
            _directory.Current.Terminators.Select(terminator => (terminator.Address.Port, terminator.Presence, terminator.Load)));
        Assert.False(_memory.View.IsJoined);
        Assert.Equal([true, false, false], _memory.View.Members.Select(member => member.IsReachable));
        Assert.Equal([Id(2).Address, Id(3).Address], _memory.Others.AsEnumerable());
    }

    [Fact]
    public void A_life_that_did_not_say_its_end_is_over_when_the_next_one_begins()
    {
        Join();
        Publish(1, 0);

        var past = _memory.BeginLife(2);

        Assert.Equal(TerminatorPresence.Unreachable, Assert.Single(_directory.Current.Terminators).Presence);
        Assert.Equal([Id(2)], past.Terminators.Select(member => member.Id));
        Assert.Equal((false, 2), (_memory.View.IsJoined, _memory.View.Lives));
    }

    [Fact]
    public void An_earlier_life_is_not_heard_any_more()
    {
        Join();
        _memory.BeginLife(2);

        Publish(1, 0);
        Assert.False(_directory.Current.IsKnown);
        Publish(2, 0);
        _memory.EndLife(1);

        Assert.Equal(TerminatorPresence.Member, Assert.Single(_directory.Current.Terminators).Presence);
        Assert.Equal(0, _memory.NextSequence(1));
    }

    [Fact]
    public void Sequence_numbers_begin_at_one_in_each_life_and_go_on_when_its_actor_begins_again()
    {
        Assert.Equal([1, 2], [_memory.NextSequence(1), _memory.NextSequence(1)]);
        _memory.BeginLife(1);
        Assert.Equal(3, _memory.NextSequence(1));
        _memory.BeginLife(2);
        Assert.Equal(1, _memory.NextSequence(2));
    }

    [Fact]
    public void A_node_that_drains_does_so_in_each_life()
    {
        Assert.False(_memory.IsDraining);
        _memory.BeginDrain();
        _memory.BeginLife(2);
        Assert.True(_memory.IsDraining);
    }

    private void Join()
    {
        _table.Up(Edge, EdgeRoles, 0);
        _table.Up(Id(2), Worker(100), 0);
    }

    private void Publish(int life, double at) => _memory.Publish(life, _table.ToView(life, At(at)), _table.ToSnapshot(At(at)), _table.Past);
}
