using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class EndpointSessionsTests : TestKit
{
    private static readonly TimeSpan Noon = TimeSpan.FromMinutes(1);

    private static readonly UpstreamSettings Upstream = new()
    {
        Name = "terminators",
        Endpoints = [new EndpointAddress("192.0.2.1", 443)],
        MaxSessionsPerEndpoint = 2,
        MinBackoff = TimeSpan.FromMilliseconds(100),
        MaxBackoff = TimeSpan.FromSeconds(1),
    };

    private readonly EndpointSessions _endpoint = new(ResolvedEndpoint.Static(Upstream.Endpoints[0]), Upstream);

    [Fact]
    public void A_session_takes_tunnels_up_to_80_percent_of_its_limit_while_another_may_be_opened()
    {
        var session = Add(limit: 10);

        session.Tunnels = 7;
        Assert.Same(session, _endpoint.Pick([]));
        session.Tunnels = 8;
        Assert.Null(_endpoint.Pick([]));
    }

    [Fact]
    public void A_session_with_room_for_one_tunnel_takes_it()
    {
        var session = Add(limit: 1);

        Assert.Same(session, _endpoint.Pick([]));
        session.Tunnels = 1;
        Assert.Null(_endpoint.Pick([]));
    }

    [Fact]
    public void Where_no_other_may_be_opened_the_session_with_the_most_room_is_filled_up()
    {
        var first = Add(limit: 10);
        var second = Add(limit: 10);
        first.Tunnels = 9;
        second.Tunnels = 8;

        Assert.Same(second, _endpoint.Pick([]));
        second.Tunnels = first.Tunnels = 10;
        Assert.Null(_endpoint.Pick([]));
    }

    [Fact]
    public void The_first_session_is_filled_before_the_second()
    {
        var first = Add(limit: 10);
        Add(limit: 10);
        first.Tunnels = 5;

        Assert.Same(first, _endpoint.Pick([]));
    }

    [Fact]
    public void A_session_that_refused_the_tunnel_is_not_picked_for_it()
    {
        var first = Add(limit: 10);
        var second = Add(limit: 10);

        Assert.Same(second, _endpoint.Pick([first.Actor]));
        Assert.False(_endpoint.HasRefused([first.Actor]));
        Assert.Null(_endpoint.Pick([first.Actor, second.Actor]));
        Assert.True(_endpoint.HasRefused([first.Actor, second.Actor]));
    }

    [Fact]
    public void A_retired_session_takes_nothing_and_leaves_room_for_another()
    {
        Add(limit: 10).IsRetired = true;
        Add(limit: 10).IsRetired = true;

        Assert.Null(_endpoint.Pick([]));
        Assert.True(_endpoint.MayOpenAnother);
        Assert.False(_endpoint.IsDialing);
    }

    [Fact]
    public void The_wait_doubles_with_each_failure_up_to_its_longest_and_varies_by_a_fifth()
    {
        TimeSpan[] expected = [.. new[] { 100, 200, 400, 800, 1_000, 1_000 }.Select(ms => TimeSpan.FromMilliseconds(ms))];
        var random = new Random(1);

        foreach (var wait in expected)
        {
            Assert.InRange(_endpoint.Failed(Noon, random), wait * 0.8, wait * 1.2);
        }
    }

    [Fact]
    public void An_endpoint_that_failed_is_in_backoff_until_its_time_has_come_or_it_recovered()
    {
        var wait = _endpoint.Failed(Noon, new Random(2));

        Assert.True(_endpoint.IsInBackoff(Noon + wait - TimeSpan.FromTicks(1)));
        Assert.False(_endpoint.IsInBackoff(Noon + wait));
        Assert.Equal(wait, _endpoint.BackoffLeft(Noon));
        _endpoint.Recovered();
        Assert.False(_endpoint.IsInBackoff(Noon));
        Assert.InRange(_endpoint.Failed(Noon, new Random(3)), TimeSpan.FromMilliseconds(80), TimeSpan.FromMilliseconds(120));
    }

    [Fact]
    public void An_endpoint_with_a_good_session_is_not_in_backoff_because_another_failed()
    {
        Add(limit: 10);
        _endpoint.Failed(Noon, new Random(4));

        Assert.False(_endpoint.IsInBackoff(Noon));
    }

    private PooledSession Add(uint limit)
    {
        var session = new PooledSession(CreateTestProbe().Ref, _endpoint);
        session.Ready(limit);
        _endpoint.Sessions.Add(session);
        return session;
    }
}
