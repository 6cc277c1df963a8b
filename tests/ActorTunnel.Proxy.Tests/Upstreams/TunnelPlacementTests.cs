using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Upstreams;

public sealed class TunnelPlacementTests() : TestKit("akka.loglevel = OFF")
{
    private static readonly UpstreamSettings Upstream = new()
    {
        Name = "far",
        Endpoints = [],
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MinBackoff = TimeSpan.FromSeconds(1),
        MaxBackoff = TimeSpan.FromSeconds(100),
    };

    private readonly TunnelPlacement _placement = new(Upstream);

    [Fact]
    public void One_that_is_well_comes_before_one_that_failed_and_one_that_has_refused()
    {
        var refused = Ready(out var session);
        var doubtful = Failed(times: 1, out var over);
        var well = Ready(out _);

        for (var i = 0; i < 3; i++)
        {
            Assert.Same(well, Choose([refused, doubtful, well], over, session));
        }
    }

    [Fact]
    public void One_that_failed_and_may_be_up_again_comes_before_one_that_has_refused()
    {
        var refused = Ready(out var session);
        var doubtful = Failed(times: 1, out var over);

        Assert.Same(doubtful, Choose([refused, doubtful], over, session));
    }

    [Fact]
    public void One_that_has_refused_is_better_than_none()
    {
        var refused = Ready(out var session);

        Assert.Same(refused, Choose([refused], TimeSpan.Zero, session));
    }

    [Fact]
    public void The_end_of_a_backoff_is_awaited_where_it_is_due_within_the_connect_timeout()
    {
        var near = Failed(times: 2, out var soon);
        var far = Failed(times: 5, out _);

        Assert.Same(near, Choose([far, near], soon - TimeSpan.FromSeconds(1)));
        Assert.Null(Choose([far], TimeSpan.Zero));
    }

    private static EndpointSessions Failed(int times, out TimeSpan over)
    {
        var endpoint = New();
        over = TimeSpan.Zero;
        for (var i = 0; i < times; i++)
        {
            over = endpoint.Failed(TimeSpan.Zero, TimeSpan.Zero, new Random(1));
        }

        return endpoint;
    }

    private static EndpointSessions New() => new(ResolvedEndpoint.Static(new EndpointAddress("127.0.0.1", 1)), Upstream);

    private EndpointSessions Ready(out IActorRef session)
    {
        var endpoint = New();
        session = CreateTestProbe();
        var ready = new PooledSession(session, endpoint);
        ready.Ready(10, TimeSpan.Zero);
        endpoint.Sessions.Add(ready);
        return endpoint;
    }

    private EndpointSessions? Choose(ImmutableArray<EndpointSessions> endpoints, TimeSpan now, params IActorRef[] tried) => _placement.Choose(
        endpoints,
        new TunnelProtocol.OpenTunnel(ActorRefs.Nobody, Connection: null!, [], new TunnelSettings(), Greeting: default, Attempts: tried.Length, tried),
        now);
}
