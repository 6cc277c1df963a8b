using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class EndpointSessionsTests
{
    private static readonly UpstreamSettings Upstream = new()
    {
        Name = "far",
        Endpoints = [],
        MinBackoff = TimeSpan.FromSeconds(1),
        MaxBackoff = TimeSpan.FromSeconds(10),
    };

    private readonly EndpointSessions _endpoint = new(ResolvedEndpoint.Static(new EndpointAddress("127.0.0.1", 1)), Upstream);

    [Fact]
    public void An_endpoint_shows_what_a_new_tunnel_would_find()
    {
        Assert.Equal(EndpointState.Idle, Shown.State);

        var session = new PooledSession(ActorRefs.Nobody, _endpoint);
        _endpoint.Sessions.Add(session);
        Assert.Equal(EndpointState.Dialing, Shown.State);

        session.Ready(100, TimeSpan.Zero);
        session.Tunnels = 3;
        Assert.Equal((EndpointState.Ready, 1, 0, 3), Shown);

        session.IsRetired = true;
        Assert.Equal((EndpointState.Idle, 1, 1, 3), Shown);
        Assert.Equal(EndpointState.Removed, _endpoint.ToStatus(TimeSpan.Zero, isRemoved: true).State);
    }

    [Fact]
    public void A_failed_endpoint_shows_how_long_its_backoff_lasts_and_then_none()
    {
        var wait = _endpoint.Failed(TimeSpan.Zero, TimeSpan.Zero, new Random(1));

        var during = _endpoint.ToStatus(wait - TimeSpan.FromMilliseconds(1));
        var after = _endpoint.ToStatus(wait);

        Assert.Equal((EndpointState.Backoff, TimeSpan.FromMilliseconds(1)), (during.State, during.BackoffLeft));
        Assert.Equal((EndpointState.Idle, TimeSpan.Zero), (after.State, after.BackoffLeft));
    }

    [Fact]
    public void The_wait_doubles_up_to_the_longest_and_begins_anew_only_behind_a_session_that_lasted_longer()
    {
        var waits = new[] { 0, 0, 0, 0, 0, 10, 10.1, 0 }
            .Select(age => _endpoint.Failed(TimeSpan.Zero, TimeSpan.FromSeconds(age), new Halfway()).TotalSeconds);

        Assert.Equal([1, 2, 4, 8, 10, 10, 1, 2], waits);
    }

    [Fact]
    public void A_session_is_filled_behind_its_soft_limit_only_while_no_other_can_be_had()
    {
        var session = new PooledSession(ActorRefs.Nobody, _endpoint);
        _endpoint.Sessions.Add(session);
        session.Ready(10, TimeSpan.Zero);
        session.Tunnels = 8;
        Assert.Null(_endpoint.Pick(TunnelAttempts.None, TimeSpan.Zero));

        var wait = _endpoint.Failed(TimeSpan.Zero, TimeSpan.Zero, new Halfway());
        Assert.Same(session, _endpoint.Pick(TunnelAttempts.None, wait - TimeSpan.FromTicks(1)));
        Assert.Null(_endpoint.Pick(TunnelAttempts.None, wait));

        var second = new PooledSession(ActorRefs.Nobody, _endpoint);
        _endpoint.Sessions.Add(second);
        Assert.Same(session, _endpoint.Pick(TunnelAttempts.None, wait));
        session.Tunnels = 10;
        Assert.Null(_endpoint.Pick(TunnelAttempts.None, wait));
    }

    [Fact]
    public void A_busy_session_is_left_alone_while_another_is_calm_and_of_busy_ones_the_emptiest_is_taken()
    {
        var (first, second) = (Ready(), Ready());
        Assert.Same(first.Session, _endpoint.Pick(TunnelAttempts.None, TimeSpan.Zero));

        first.IsBusy = true;
        Assert.Same(second.Session, _endpoint.Pick(TunnelAttempts.None, TimeSpan.Zero));

        second.IsBusy = true;
        first.Session.Tunnels = 2;
        second.Session.Tunnels = 1;
        Assert.Same(second.Session, _endpoint.Pick(TunnelAttempts.None, TimeSpan.Zero));

        first.IsBusy = false;
        Assert.Same(first.Session, _endpoint.Pick(TunnelAttempts.None, TimeSpan.Zero));
    }

    [Fact]
    public void One_more_session_is_wanted_where_each_is_busy_up_to_the_event_loops_and_two_at_least()
    {
        var first = Ready();
        Assert.False(_endpoint.IsBusy(TimeSpan.Zero, loops: 8));

        first.IsBusy = true;
        Assert.True(_endpoint.IsBusy(TimeSpan.Zero, loops: 0));
        Assert.True(_endpoint.IsBusy(TimeSpan.Zero, loops: 8));

        var second = Ready();
        Assert.False(_endpoint.IsBusy(TimeSpan.Zero, loops: 8));
        second.IsBusy = true;
        Assert.False(_endpoint.IsBusy(TimeSpan.Zero, loops: 2));
        Assert.True(_endpoint.IsBusy(TimeSpan.Zero, loops: 3));
        second.Session.IsRetired = true;
        Assert.True(_endpoint.IsBusy(TimeSpan.Zero, loops: 2));
    }

    [Fact]
    public void No_session_is_wanted_while_one_is_on_its_way_or_the_endpoint_is_in_backoff()
    {
        Ready().IsBusy = true;
        _endpoint.Sessions.Add(new PooledSession(ActorRefs.Nobody, _endpoint));
        Assert.False(_endpoint.IsBusy(TimeSpan.Zero, loops: 8));

        _endpoint.Sessions.RemoveAt(1);
        var wait = _endpoint.Failed(TimeSpan.Zero, TimeSpan.Zero, new Halfway());
        Assert.False(_endpoint.IsBusy(wait - TimeSpan.FromTicks(1), loops: 8));
        Assert.True(_endpoint.IsBusy(wait, loops: 8));
    }

    private Busy Ready()
    {
        var busy = new Busy(new PooledSession(ActorRefs.Nobody, _endpoint));
        _endpoint.Sessions.Add(busy.Session);
        busy.Session.Ready(100, TimeSpan.Zero, () => busy.IsBusy);
        return busy;
    }

    private sealed record Busy(PooledSession Session)
    {
        public bool IsBusy { get; set; }
    }

    private sealed class Halfway : Random
    {
        public override double NextDouble() => 0.5;
    }

    private (EndpointState State, int Sessions, int Retired, int Load) Shown
    {
        get
        {
            var status = _endpoint.ToStatus(TimeSpan.Zero);
            return (status.State, status.Sessions, status.RetiredSessions, status.Load);
        }
    }
}
