using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Upstreams;
using Xunit;
using static ActorTunnel.Mesh.Tests.Membership.Mesh;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>What is made of the cluster's events and of members' reports.</summary>
public sealed class MemberTableTests
{
    [Fact]
    public void A_node_is_joined_once_it_is_weakly_up()
    {
        var table = new MemberTable(Edge, MeshPast.Nothing);

        table.Set(Edge, EdgeRoles, MeshMemberState.Joining, At(0));
        Assert.False(table.IsJoined);
        table.Set(Edge, EdgeRoles, MeshMemberState.WeaklyUp, At(1));
        Assert.True(table.IsJoined);
    }

    [Fact]
    public void A_mesh_without_terminators_is_known_and_empty()
    {
        var snapshot = Joined().ToSnapshot(At(0));

        Assert.True(snapshot.IsKnown);
        Assert.Empty(snapshot.Terminators);
    }

    [Theory]
    [InlineData(MeshMemberState.Joining, false)]
    [InlineData(MeshMemberState.WeaklyUp, true)]
    [InlineData(MeshMemberState.Up, true)]
    [InlineData(MeshMemberState.Leaving, true)]
    [InlineData(MeshMemberState.Exiting, true)]
    public void A_terminator_is_used_while_it_does_a_members_work(MeshMemberState state, bool isUsed)
    {
        var table = Joined();

        table.Set(Id(2), Worker(100, "gpu") with { Zone = "eu-1" }, state, At(0));

        var terminators = table.ToSnapshot(At(0)).Terminators;
        Assert.Equal(isUsed ? 1 : 0, terminators.Length);
        if (isUsed)
        {
            Assert.Equal((Tunnel(100), "eu-1", TerminatorPresence.Member, false), Facts(terminators[0]));
            Assert.Equal(["terminator", "gpu"], terminators[0].Roles.AsEnumerable());
            Assert.Null(terminators[0].Load);
        }
    }

    [Fact]
    public void A_terminator_that_is_not_heard_stays_and_is_marked()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);

        table.SetReachable(Id(2), false);
        Assert.Equal(TerminatorPresence.Unreachable, Assert.Single(table.ToSnapshot(At(0)).Terminators).Presence);
        Assert.False(table.ToView(1, At(0)).Members[1].IsReachable);
        table.SetReachable(Id(2), true);
        Assert.Equal(TerminatorPresence.Member, Assert.Single(table.ToSnapshot(At(0)).Terminators).Presence);
    }

    [Fact]
    public void Terminators_are_in_the_order_of_their_addresses_whoever_came_first()
    {
        var table = Joined();
        table.Up(Id(2), Worker(300), 0);
        table.Up(Id(3), Worker(20), 0);
        table.Up(Id(4), Worker(100), 0);

        Assert.Equal([20, 100, 300], table.ToSnapshot(At(0)).Terminators.Select(terminator => terminator.Address.Port));
    }

    [Fact]
    public void A_member_whose_roles_cannot_be_read_is_shown_and_not_used()
    {
        var table = Joined();

        table.Up(Id(2), MemberRoles.Parse(["worker", "tunnel=nowhere"]), 0);

        Assert.Empty(table.ToSnapshot(At(0)).Terminators);
        Assert.Equal(("10.0.0.1", null), (table.ToView(1, At(0)).Members[1].Name, table.ToView(1, At(0)).Members[1].TunnelAddress));
    }

    [Fact]
    public void A_report_is_the_load_until_the_next_one_or_until_five_seconds_have_passed()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);

        Assert.True(table.Hear(Id(2).Address, Says(1, sequence: 1, tunnels: 7), At(10)));
        var first = LoadAt(10);
        Assert.Equal(new TerminatorLoad(7, 0, 0), first);
        Assert.Same(first, LoadAt(15));
        Assert.Null(LoadAt(15.001));
        Assert.True(table.Hear(Id(2).Address, Says(1, sequence: 2, tunnels: 7), At(16)));
        Assert.NotSame(first, LoadAt(16));
        Assert.Equal(TimeSpan.FromSeconds(4), table.ToView(1, At(20)).Members[1].ReportAge);

        TerminatorLoad? LoadAt(double seconds) => Assert.Single(table.ToSnapshot(At(seconds)).Terminators).Load;
    }

    [Fact]
    public void A_report_that_is_not_later_than_the_latest_is_ignored()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);
        table.Hear(Id(2).Address, Says(1, sequence: 5, tunnels: 50), At(1));

        Assert.False(table.Hear(Id(2).Address, Says(1, sequence: 5, tunnels: 1), At(2)));
        Assert.False(table.Hear(Id(2).Address, Says(1, sequence: 4, tunnels: 1), At(2)));

        Assert.Equal((5, 50), (table.ToView(1, At(2)).Members[1].Report!.Sequence, table.ToView(1, At(2)).Members[1].Report!.Tunnels));
    }

    [Fact]
    public void A_report_of_another_life_or_of_a_stranger_is_ignored()
    {
        var table = Joined();
        table.Up(Id(2, incarnation: 8), Worker(100), 0);

        Assert.False(table.Hear(Id(2).Address, Says(incarnation: 7, sequence: 99), At(1)));
        Assert.False(table.Hear(Id(3).Address, Says(incarnation: 8, sequence: 1), At(1)));
        Assert.True(table.Hear(Id(2).Address, Says(incarnation: 0, sequence: 1), At(1)));
    }

    [Fact]
    public void A_report_of_a_member_that_is_down_is_ignored()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);
        table.Set(Id(2), Worker(100), MeshMemberState.Down, At(1));

        Assert.False(table.Hear(Id(2).Address, Says(1, sequence: 1), At(1)));
    }

    [Fact]
    public void A_terminator_drains_until_it_leaves_and_is_gone_then()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);
        table.Hear(Id(2).Address, Says(1, sequence: 1, isDraining: true), At(1));

        table.Hear(Id(2).Address, Says(1, sequence: 2, isDraining: false), At(2));
        Assert.True(Assert.Single(table.ToSnapshot(At(60)).Terminators).IsDraining);
        Assert.True(table.ToView(1, At(2)).Members[1].Report!.IsDraining);
        table.Set(Id(2), Worker(100), MeshMemberState.Exiting, At(61));
        Assert.True(Assert.Single(table.ToSnapshot(At(61)).Terminators).IsDraining);
        table.Remove(Id(2), At(62));

        Assert.Empty(table.ToSnapshot(At(62)).Terminators);
        Assert.Equal(["edge"], table.ToView(1, At(62)).Members.Select(member => member.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_terminator_that_went_without_a_word_is_lost_once_it_is_down_or_removed(bool isDownFirst)
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);
        table.Up(Id(3), Worker(200), 0);
        table.Hear(Id(2).Address, Says(1, sequence: 1, tunnels: 3), At(1));
        if (isDownFirst)
        {
            table.Set(Id(2), Worker(100), MeshMemberState.Down, At(2));
            Assert.Equal((Tunnel(100), null, TerminatorPresence.Lost, false), Facts(table.ToSnapshot(At(2)).Terminators[0]));
            Assert.Equal([MeshMemberState.Up, MeshMemberState.Down, MeshMemberState.Up], table.ToView(1, At(2)).Members.Select(member => member.State));
        }

        table.Remove(Id(2), At(3));

        var lost = table.ToSnapshot(At(3)).Terminators[0];
        Assert.Equal((Tunnel(100), null, TerminatorPresence.Lost, false), Facts(lost));
        Assert.Null(lost.Load);
        Assert.Equal(["edge", "worker-200", "worker-100"], table.ToView(1, At(3)).Members.Select(member => member.Name));
        Assert.Equal((MeshMemberState.Lost, false), (table.ToView(1, At(3)).Members[2].State, table.ToView(1, At(3)).Members[2].IsReachable));
    }

    [Fact]
    public void A_lost_terminator_is_a_member_again_when_somebody_is_up_on_its_address()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);
        table.Remove(Id(2), At(1));

        table.Set(Id(9), Worker(100), MeshMemberState.Joining, At(2));
        Assert.Equal(TerminatorPresence.Lost, Assert.Single(table.ToSnapshot(At(2)).Terminators).Presence);
        table.Up(Id(9), Worker(100), 3);

        Assert.Equal(TerminatorPresence.Member, Assert.Single(table.ToSnapshot(At(3)).Terminators).Presence);
        Assert.Equal(["edge", "worker-100"], table.ToView(1, At(3)).Members.Select(member => member.Name));
    }

    [Fact]
    public void A_lost_terminator_is_forgotten_after_ten_minutes_while_another_one_is_there()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100), 0);
        table.Remove(Id(2), At(0));

        Assert.Equal(1, TerminatorsAfter(3600));
        table.Up(Id(3), Worker(200), 3600);
        table.SetReachable(Id(3), false);
        Assert.Equal(2, TerminatorsAfter(3600));
        table.SetReachable(Id(3), true);
        Assert.Equal(1, TerminatorsAfter(3600));

        int TerminatorsAfter(double seconds)
        {
            table.Forget(At(seconds));
            return table.ToSnapshot(At(seconds)).Terminators.Length;
        }
    }

    [Fact]
    public void What_is_lost_is_remembered_while_nobody_else_has_each_of_its_roles()
    {
        var table = Joined();
        table.Up(Id(2), Worker(100, "gpu", MemberRoles.Encapsulator), 0);
        table.Up(Id(3), Worker(200), 0);
        table.Remove(Id(2), At(0));

        table.Forget(At(600));
        Assert.Equal([100, 200], Ports());
        table.Up(Id(4), Worker(300, "gpu"), 601);
        table.Forget(At(602));
        Assert.Equal([200, 300], Ports());

        IEnumerable<int> Ports() => table.ToSnapshot(At(602)).Terminators.Select(terminator => terminator.Address.Port);
    }

    [Fact]
    public void A_node_that_takes_tunnels_itself_is_nobody_else()
    {
        var table = new MemberTable(Id(1), MeshPast.Nothing);
        table.Up(Id(1), Worker(50), 0);
        table.Up(Id(2), Worker(100), 0);
        table.Remove(Id(2), At(0));

        table.Forget(At(600));

        Assert.Equal([50, 100], table.ToSnapshot(At(600)).Terminators.Select(terminator => terminator.Address.Port));
    }

    [Fact]
    public void A_member_that_was_never_used_is_not_lost()
    {
        var table = Joined();
        table.Set(Id(2), Worker(100), MeshMemberState.Joining, At(0));
        table.Set(Id(3), Worker(200), MeshMemberState.Down, At(0));

        table.Remove(Id(2), At(1));
        table.Remove(Id(3), At(1));

        Assert.Empty(table.ToSnapshot(At(1)).Terminators);
    }

    [Fact]
    public void Of_two_lives_on_one_tunnel_address_the_later_one_counts()
    {
        var table = Joined();
        table.Up(Id(9, incarnation: 1), Worker(100), 0);
        table.Hear(Id(9).Address, Says(1, sequence: 1, isDraining: true), At(1));
        table.SetReachable(Id(9, incarnation: 1), false);

        table.Up(Id(4, incarnation: 2), Worker(100), 2);
        Assert.Equal((Tunnel(100), null, TerminatorPresence.Member, false), Facts(Assert.Single(table.ToSnapshot(At(2)).Terminators)));
        table.Set(Id(9, incarnation: 1), Worker(100), MeshMemberState.Down, At(3));
        table.Remove(Id(9, incarnation: 1), At(3));

        Assert.Equal((Tunnel(100), null, TerminatorPresence.Member, false), Facts(Assert.Single(table.ToSnapshot(At(3)).Terminators)));
    }

    [Fact]
    public void The_view_begins_with_this_node_and_goes_on_by_name_and_address()
    {
        var table = new MemberTable(Id(5), MeshPast.Nothing);
        table.Up(Id(4), Worker(1) with { Name = "b" }, 0);
        table.Up(Id(3), Worker(2) with { Name = "a" }, 0);
        table.Up(Id(2), Worker(3) with { Name = "a" }, 0);
        table.Up(Id(5), Worker(4) with { Name = "c" }, 0);

        var view = table.ToView(3, At(0));

        Assert.Equal(["c", "a", "a", "b"], view.Members.Select(member => member.Name));
        Assert.Equal([5, 2, 3, 4], view.Members.Select(member => member.Address.Port));
        Assert.Equal([true, false, false, false], view.Members.Select(member => member.IsSelf));
        Assert.Equal((true, 3), (view.IsJoined, view.Lives));
    }

    [Fact]
    public void Who_was_there_in_the_last_life_and_is_not_in_this_one_is_lost()
    {
        var before = Joined();
        before.Up(Id(2), Worker(100), 0);
        before.Up(Id(3), Worker(200), 0);
        before.Up(Id(4), Worker(300), 0);
        before.Up(Id(5), Worker(400), 0);
        before.Hear(Id(4).Address, Says(1, sequence: 1, isDraining: true), At(0));
        before.Remove(Id(5), At(0));

        var after = new MemberTable(Id(1, incarnation: 2), before.Past);
        after.Up(Id(22), Worker(100), 60);
        after.Up(Id(1, incarnation: 2), EdgeRoles, 60);

        Assert.Equal(
            [(100, TerminatorPresence.Member), (200, TerminatorPresence.Lost), (400, TerminatorPresence.Lost)],
            after.ToSnapshot(At(60)).Terminators.Select(terminator => (terminator.Address.Port, terminator.Presence)));
        after.Forget(At(601));
        Assert.Equal([100, 200], after.ToSnapshot(At(601)).Terminators.Select(terminator => terminator.Address.Port));
    }

    [Fact]
    public void Who_drained_in_the_last_life_drains_in_this_one_while_it_is_the_same_life_of_it()
    {
        var before = Joined();
        before.Up(Id(2), Worker(100), 0);
        before.Up(Id(3), Worker(200), 0);
        before.Hear(Id(2).Address, Says(1, sequence: 1, isDraining: true), At(0));
        before.Hear(Id(3).Address, Says(1, sequence: 1, isDraining: true), At(0));

        var after = Joined(before.Past);
        after.Up(Id(2, incarnation: 1), Worker(100), 60);
        after.Up(Id(3, incarnation: 2), Worker(200), 60);

        Assert.Equal([true, false], after.ToSnapshot(At(60)).Terminators.Select(terminator => terminator.IsDraining));
    }

    [Theory]
    [InlineData(MeshMemberState.Joining, true, false)]
    [InlineData(MeshMemberState.Up, true, true)]
    [InlineData(MeshMemberState.Up, false, false)]
    [InlineData(MeshMemberState.Exiting, true, false)]
    public void Only_a_member_that_can_answer_is_waited_for(MeshMemberState state, bool isReachable, bool isAwaited)
    {
        var table = Joined();
        table.Set(Id(2), Worker(100), state, At(0));
        table.SetReachable(Id(2), isReachable);

        Assert.Equal(isAwaited, table.IsAwaited(Id(2), At(10)));
        table.Hear(Id(2).Address, Says(1, sequence: 1), At(9));
        Assert.Equal(isAwaited, table.IsAwaited(Id(2), At(10)));
        table.Hear(Id(2).Address, Says(1, sequence: 2), At(10));
        Assert.False(table.IsAwaited(Id(2), At(10)));
        Assert.False(table.IsAwaited(Id(7), At(10)));
    }

    private static (Proxy.Settings.EndpointAddress Address, string? Zone, TerminatorPresence Presence, bool IsDraining) Facts(Terminator terminator) =>
        (terminator.Address, terminator.Zone, terminator.Presence, terminator.IsDraining);
}
