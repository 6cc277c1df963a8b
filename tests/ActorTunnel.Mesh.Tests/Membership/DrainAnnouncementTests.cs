using ActorTunnel.Mesh.Membership;
using Xunit;
using static ActorTunnel.Mesh.Tests.Membership.Mesh;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>Whether all know that a node drains.</summary>
public sealed class DrainAnnouncementTests
{
    private readonly DrainAnnouncement _drain = new();

    [Fact]
    public void A_node_alone_has_nobody_to_tell() => Assert.True(_drain.IsKnown);

    [Fact]
    public void All_who_are_heard_are_waited_for_and_who_is_not_is_told_nevertheless()
    {
        _drain.Listen([new(Id(1), IsHeard: true), new(Id(2), IsHeard: true), new(Id(3), IsHeard: false)]);

        _drain.Acknowledge(Id(1));
        Assert.False(_drain.IsKnown);
        Assert.Equal([Id(2), Id(3)], _drain.Missing);
        _drain.Acknowledge(Id(2));
        Assert.True(_drain.IsKnown);
        Assert.Equal([Id(3)], _drain.Missing);
    }

    [Fact]
    public void Who_left_or_is_not_heard_any_more_is_not_waited_for()
    {
        _drain.Listen([new(Id(1), IsHeard: true), new(Id(2), IsHeard: true)]);

        _drain.Listen([new(Id(2), IsHeard: false)]);

        Assert.True(_drain.IsKnown);
    }

    [Fact]
    public void Another_life_of_a_listener_does_not_know_what_the_earlier_one_did()
    {
        _drain.Listen([new(Id(1, incarnation: 1), IsHeard: true)]);
        _drain.Acknowledge(Id(1, incarnation: 1));

        _drain.Listen([new(Id(1, incarnation: 2), IsHeard: true)]);

        Assert.False(_drain.IsKnown);
    }
}
