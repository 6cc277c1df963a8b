using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>There is no tunnel: the application's connection is reset, and both access logs say why.</summary>
public sealed class Refusals : Story
{
    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task An_origin_that_refuses_is_a_502(Security security)
    {
        var nobody = StorySettings.Loopback(FreePort.Take());
        var topology = Own(await Topology.StartAsync(nobody, security));

        var (near, far) = await RefusedAsync(topology);

        AssertRefused(near, far, 502, ConnectFailureReason.ConnectionRefused, "connection_refused");
        Assert.Equal("reset/upstream:connect-failed", far.DownstreamEnd.ToString());
        Assert.Equal(1, topology.Terminator.Counters.Sum("dials.ended{outcome=failed}"));
        Assert.Equal(1, topology.Terminator.Counters.Sum("tunnels.failed{reason=connection-refused}"));
        Assert.Equal(1, topology.Encapsulator.Counters.Sum("tunnels.failed{reason=rejected-by-terminator}"));
    }

    [Fact]
    public async Task An_origin_that_never_answers_is_a_504()
    {
        using var silent = await SilentAddress.StartAsync();
        var topology = Own(await Topology.StartAsync(
            silent.Address,
            terminator: node => node.WithUpstream(upstream => upstream with { ConnectTimeout = TimeSpan.FromMilliseconds(250) })));

        var (near, far) = await RefusedAsync(topology);

        AssertRefused(near, far, 504, ConnectFailureReason.ConnectTimeout, "connection_timeout");
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_a_502()
    {
        var topology = Own(await Topology.StartAsync(
            StorySettings.Loopback(1),
            terminator: node => node.WithUpstream(upstream => upstream with { Endpoints = [new EndpointAddress("no-such-host.invalid", 80)] })));

        var (near, far) = await RefusedAsync(topology);

        AssertRefused(near, far, 502, ConnectFailureReason.NameNotResolved, "dns_error");
    }

    [Fact]
    public async Task An_authority_without_a_route_is_a_404()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            terminator: node => node.WithConnect(listener => listener with { Routes = [new RouteSettings("*.other.com", "origin")] })));

        var (near, far) = await RefusedAsync(topology);

        AssertRefused(near, far, 404, ConnectFailureReason.NoRoute, "destination_not_found");
        Assert.Null(far.Endpoint);
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task The_most_specific_route_decides()
    {
        var expected = Own(Origin.Start());
        var other = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            other.Address,
            encapsulator: node => node.WithTunnel(listener => listener with { Authority = StorySettings.Template("a.host.com:8443") }),
            terminator: node => node.WithConnect(listener => listener with
            {
                Routes = [new RouteSettings("*", "origin"), new RouteSettings("*.host.com", "origin"), new RouteSettings("a.host.com:8443", "special")],
            }) with
            {
                Upstreams =
                [
                    .. node.Upstreams,
                    new UpstreamSettings { Name = "special", Endpoints = [new EndpointAddress("127.0.0.1", expected.Address.Port)] },
                ],
            }));

        var (application, far) = await topology.OpenAsync(expected);
        application.Dispose();
        await far.ExpectToEndAsync([]);
        far.Dispose();

        Assert.False(other.HasPending);
        Assert.Equal("special", (await topology.Terminator.NextAccessAsync()).Upstream);
    }

    [Fact]
    public async Task An_origin_that_refuses_one_tunnel_does_not_hurt_the_next()
    {
        var port = FreePort.Take();
        var topology = Own(await Topology.StartAsync(StorySettings.Loopback(port)));
        await RefusedAsync(topology);
        await RefusedAsync(topology);

        Assert.Equal(1, topology.Encapsulator.Counters.Sum("sessions.opened"));
        Assert.Equal(1, topology.Encapsulator.Counters.Sum("sessions.open"));
    }

    private static async Task<(AccessLogEntry Near, AccessLogEntry Far)> RefusedAsync(Topology topology)
    {
        await Peer.ConnectToBeResetAsync(topology.Entrance);
        return (await topology.Encapsulator.NextAccessAsync(), await topology.Terminator.NextAccessAsync());
    }

    private static void AssertRefused(AccessLogEntry near, AccessLogEntry far, int status, ConnectFailureReason reason, string type)
    {
        Assert.Equal((status, reason), (far.Status, far.FailureReason));
        Assert.Equal((status, ConnectFailureReason.RejectedByTerminator), (near.Status, near.FailureReason));
        Assert.StartsWith($"terminator; error={type}; details=", near.FailureDetail, StringComparison.Ordinal);
        Assert.Equal("reset/upstream:connect-failed", near.UpstreamEnd.ToString());
        Assert.Equal(near.StreamId, far.StreamId);
        Assert.Equal((0, 0), (near.BytesToUpstream, near.BytesToDownstream));
    }
}
