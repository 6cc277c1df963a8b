using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class TunnelPlacementTests
{
    private static readonly UpstreamSettings Upstream = new()
    {
        Name = "far",
        Endpoints = [],
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MinBackoff = TimeSpan.FromSeconds(1),
        MaxBackoff = TimeSpan.FromSeconds(100),
    };

    private readonly TunnelPlacement _placement = new(Upstream, new Random(1));
    private readonly TunnelPlacement _placementInEast = new(Upstream with { Zone = "east" }, new Random(1));
    private int _endpoints;

    [Fact]
    public void One_that_is_well_comes_before_one_that_failed_and_one_that_was_tried()
    {
        var tried = Ready();
        var doubtful = Failed(times: 1, out var over);
        var well = Ready();

        for (var i = 0; i < 3; i++)
        {
            Assert.Same(well, Choose([tried, doubtful, well], over, tried));
        }
    }

    [Fact]
    public void One_that_failed_and_may_be_up_again_comes_before_one_that_was_tried()
    {
        var tried = Ready();
        var doubtful = Failed(times: 1, out var over);

        Assert.Same(doubtful, Choose([tried, doubtful], over, tried));
    }

    [Fact]
    public void Where_all_were_tried_or_are_in_backoff_there_is_none_before_a_rest()
    {
        var tried = Ready();
        var backoff = Failed(times: 1, out _);

        Assert.Null(Choose([tried, backoff], TimeSpan.Zero, tried));
        Assert.Same(tried, _placement.Choose([tried, backoff], Request(Tried(tried).Rested()), TimeSpan.Zero));
    }

    [Fact]
    public void The_end_of_a_backoff_is_awaited_where_it_is_due_within_the_connect_timeout()
    {
        var near = Failed(times: 2, out var soon);
        var far = Failed(times: 5, out _);

        Assert.Same(near, Choose([far, near], soon - TimeSpan.FromSeconds(1)));
        Assert.Null(Choose([far], TimeSpan.Zero));
    }

    [Fact]
    public void The_own_zone_comes_first_and_another_one_before_one_of_the_own_zone_that_failed()
    {
        var west = Idle(zone: "west");
        var east = Idle(zone: "east");
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Same(east, ChooseInEast([west, east])));

        var over = east.Failed(TimeSpan.Zero, TimeSpan.Zero, new Random(1));

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Same(west, ChooseInEast([west, east], over)));
        Assert.Same(east, ChooseInEast([east], over));
    }

    [Fact]
    public void Without_a_zone_of_its_own_an_upstream_takes_all_alike()
    {
        ImmutableArray<EndpointSessions> endpoints = [Idle(zone: "west"), Idle(zone: "east"), Idle(zone: null)];

        Assert.Equal(endpoints, Enumerable.Range(0, 3).Select(_ => Choose(endpoints, TimeSpan.Zero)!));
    }

    [Theory]
    [InlineData(TerminatorPresence.Unreachable)]
    [InlineData(TerminatorPresence.Lost)]
    public void One_that_the_mesh_does_not_hear_counts_like_a_member_while_a_session_to_it_lives(TerminatorPresence presence)
    {
        var unheard = Ready(presence);
        var member = Ready();

        Assert.Equal([unheard, member], [Choose([unheard, member], TimeSpan.Zero), Choose([unheard, member], TimeSpan.Zero)]);
        Assert.Same(unheard, Choose([unheard], TimeSpan.Zero));
    }

    [Theory]
    [InlineData(TerminatorPresence.Unreachable)]
    [InlineData(TerminatorPresence.Lost)]
    public void One_that_the_mesh_does_not_hear_and_that_has_no_session_is_a_last_resort(TerminatorPresence presence)
    {
        var unheard = Idle(presence: presence);
        var member = Idle();
        var doubtful = Failed(times: 1, out var over);

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Same(member, Choose([unheard, member], TimeSpan.Zero)));
        Assert.Same(doubtful, Choose([unheard, doubtful], over));
        Assert.Same(unheard, Choose([unheard, doubtful], TimeSpan.Zero)); // Before one whose backoff is not over.
    }

    [Fact]
    public void One_that_drains_gets_nothing_even_where_there_is_no_other()
    {
        var draining = Ready();
        draining.Use(Of(draining.Address, isDraining: true));
        var member = Idle();

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Same(member, Choose([draining, member], TimeSpan.Zero)));
        Assert.Null(Choose([draining], TimeSpan.Zero));
    }

    [Fact]
    public void One_that_is_heard_again_is_well_whatever_its_last_session_met()
    {
        var returning = Idle(presence: TerminatorPresence.Lost);
        var over = returning.Failed(TimeSpan.Zero, TimeSpan.Zero, new Random(1));
        Assert.True(returning.IsDoubtful);

        returning.Use(Of(returning.Address));

        Assert.False(returning.IsDoubtful);
        Assert.True(returning.IsInBackoff(over - TimeSpan.FromTicks(1))); // But it is dialled no sooner.
    }

    private static ResolvedEndpoint Of(
        EndpointAddress address, string? zone = null, TerminatorPresence presence = TerminatorPresence.Member, bool isDraining = false) =>
        ResolvedEndpoint.OfMesh(new Terminator(address, ["terminator"], zone, presence, isDraining, Load: null));

    private static TunnelProtocol.OpenTunnel Request(TunnelAttempts attempts) =>
        new(ActorRefs.Nobody, Connection: null!, Client: null, [], new TunnelSettings(), Greeting: default, attempts);

    private static TunnelAttempts Tried(params EndpointSessions[] endpoints) => endpoints.Aggregate(
        TunnelAttempts.None,
        (attempts, endpoint) => attempts.Failed(
            new TunnelProtocol.TunnelFailed(
                ConnectFailureReason.RejectedByTerminator, "", GuiltySide.Upstream, new TunnelProtocol.TunnelRoute(endpoint.Address, "session", 1), null),
            refuser: null));

    private EndpointSessions Failed(int times, out TimeSpan over)
    {
        var endpoint = Idle();
        over = TimeSpan.Zero;
        for (var i = 0; i < times; i++)
        {
            over = endpoint.Failed(TimeSpan.Zero, TimeSpan.Zero, new Random(1));
        }

        return endpoint;
    }

    private EndpointSessions Idle(string? zone = null, TerminatorPresence presence = TerminatorPresence.Member) =>
        new(Of(new EndpointAddress("127.0.0.1", ++_endpoints), zone, presence), Upstream);

    private EndpointSessions Ready(TerminatorPresence presence = TerminatorPresence.Member)
    {
        var endpoint = Idle(presence: presence);
        var ready = new PooledSession(ActorRefs.Nobody, endpoint);
        ready.Ready(10, TimeSpan.Zero);
        endpoint.Sessions.Add(ready);
        return endpoint;
    }

    private EndpointSessions? Choose(ImmutableArray<EndpointSessions> endpoints, TimeSpan now, params EndpointSessions[] tried) =>
        _placement.Choose(endpoints, Request(Tried(tried)), now);

    private EndpointSessions? ChooseInEast(ImmutableArray<EndpointSessions> endpoints, TimeSpan now = default) =>
        _placementInEast.Choose(endpoints, Request(TunnelAttempts.None), now);
}
