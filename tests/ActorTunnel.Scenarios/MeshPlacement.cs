using System.Net;
using System.Text;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios;

/// <summary>Which terminator of the mesh a tunnel goes to.</summary>
public sealed class MeshPlacement : Story
{
    private readonly StoryMesh _mesh = new();

    [Fact]
    public async Task Tunnels_stay_in_their_own_zone_while_a_terminator_of_it_takes_them()
    {
        var origin = Own(Origin.Start());
        var west = Own(await TerminatorAsync(origin));
        var east = Own(await TerminatorAsync(origin));
        _mesh.Joins(Door(west), zone: "west");
        _mesh.Joins(Door(east), zone: "east");
        var encapsulator = Own(await EncapsulatorAsync(upstream => upstream with { Zone = "east" }));
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);

        await tunnels.OpenAsync(4);
        await east.CountsAsync("tunnels.open", 4);

        _mesh.Drains(Door(east));
        await tunnels.OpenAsync(2);
        await west.CountsAsync("tunnels.open", 2);
        await east.CountsAsync("tunnels.open", 4);
    }

    [Fact]
    public async Task A_draining_terminator_gets_no_new_tunnel_while_its_old_one_goes_on()
    {
        var (origin, encapsulator, first, second) = await TwoAsync();
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();
        await first.CountsAsync("tunnels.open", 1);

        _mesh.Drains(Door(first));
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        await tunnels.OpenAsync(4);

        await second.CountsAsync("tunnels.open", 4);
        await AssertCarriesAsync(application, far);
        Assert.Equal(1, first.Counters.Sum("tunnels.opened"));
    }

    [Fact]
    public async Task Who_waits_at_a_terminator_that_begins_to_drain_goes_to_another_one()
    {
        var origin = Own(Origin.Start());
        var door = Own(Origin.Start()); // Takes the connection and never says a word.
        var other = Own(await TerminatorAsync(origin));
        _mesh.Joins(door.Address);
        var encapsulator = Own(await EncapsulatorAsync(WithPatience));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var silent = await door.AcceptAsync();
        await encapsulator.HasWaitingAsync(1);
        _mesh.Joins(Door(other));

        _mesh.Drains(door.Address);

        using var far = await origin.AcceptAsync();
        await AssertCarriesAsync(application, far);
        silent.Reset(); // Else the encapsulator would wait for this handshake before it stops.
    }

    [Fact]
    public async Task Who_waits_at_a_lost_terminator_for_want_of_a_better_one_goes_to_the_first_that_joins()
    {
        var origin = Own(Origin.Start());
        var door = Own(Origin.Start());
        _mesh.Joins(door.Address, presence: TerminatorPresence.Lost);
        var encapsulator = Own(await EncapsulatorAsync(WithPatience));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var silent = await door.AcceptAsync();
        await encapsulator.HasWaitingAsync(1);

        _mesh.Joins(Door(Own(await TerminatorAsync(origin))));

        using var far = await origin.AcceptAsync();
        await AssertCarriesAsync(application, far);
        silent.Reset();
    }

    [Fact]
    public async Task A_terminator_that_joins_gets_its_share_of_the_new_tunnels()
    {
        var origin = Own(Origin.Start());
        var first = Own(await TerminatorAsync(origin));
        _mesh.Joins(Door(first));
        var encapsulator = Own(await EncapsulatorAsync());
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        await tunnels.OpenAsync(2);

        var joiner = Own(await TerminatorAsync(origin));
        _mesh.Joins(Door(joiner));
        await tunnels.OpenAsync(4);

        await joiner.CountsAsync("tunnels.open", 2);
        await first.CountsAsync("tunnels.open", 4);
    }

    [Fact]
    public async Task A_terminator_that_left_keeps_its_tunnels_on_a_retired_session()
    {
        var (origin, encapsulator, first, second) = await TwoAsync();
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();
        await first.CountsAsync("tunnels.open", 1);

        _mesh.Leaves(Door(first));
        await encapsulator.CountsAsync("sessions.retired.open", 1);
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        await tunnels.OpenAsync(3);

        await second.CountsAsync("tunnels.open", 3);
        await AssertCarriesAsync(application, far);
        await encapsulator.CountsAsync("sessions.retired.open", 0);
        Assert.Equal(0, encapsulator.Counters.Sum("sessions.lost"));
    }

    [Theory]
    [InlineData(TerminatorPresence.Unreachable)]
    [InlineData(TerminatorPresence.Lost)]
    public async Task A_terminator_that_the_mesh_does_not_hear_stays_in_use_while_its_session_lives(TerminatorPresence presence)
    {
        var (origin, encapsulator, first, second) = await TwoAsync();
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        await tunnels.OpenAsync(2);

        _mesh.Changes(Door(first), one => one with { Presence = presence });
        await tunnels.OpenAsync(4);

        await first.CountsAsync("tunnels.open", 3);
        await second.CountsAsync("tunnels.open", 3);
        Assert.Equal(2, encapsulator.Counters.Sum("sessions.opened"));
    }

    [Fact]
    public async Task A_lost_terminator_that_the_mesh_forgets_stays_in_use_while_its_session_lives()
    {
        var (origin, encapsulator, first, second) = await TwoAsync();
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        await tunnels.OpenAsync(2);
        _mesh.Changes(Door(first), one => one with { Presence = TerminatorPresence.Lost });
        await tunnels.OpenAsync(2);

        _mesh.Leaves(Door(first));
        await tunnels.OpenAsync(2);

        await first.CountsAsync("tunnels.open", 3);
        await second.CountsAsync("tunnels.open", 3);
        Assert.Equal(0, encapsulator.Counters.Sum("sessions.retired.open"));
    }

    [Fact]
    public async Task A_lost_terminator_without_a_session_is_not_dialled_while_there_is_a_member()
    {
        var origin = Own(Origin.Start());
        var lost = Own(await TerminatorAsync(origin));
        var member = Own(await TerminatorAsync(origin));
        _mesh.Joins(Door(lost), presence: TerminatorPresence.Lost);
        _mesh.Joins(Door(member));
        var encapsulator = Own(await EncapsulatorAsync());
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);

        await tunnels.OpenAsync(4);

        await member.CountsAsync("tunnels.open", 4);
        Assert.Equal(0, lost.Counters.Sum("sessions.opened"));
    }

    [Fact]
    public async Task A_mesh_that_is_wholly_lost_is_still_dialled()
    {
        var origin = Own(Origin.Start());
        var first = Own(await TerminatorAsync(origin));
        var second = Own(await TerminatorAsync(origin));
        _mesh.Joins(Door(first), presence: TerminatorPresence.Lost);
        _mesh.Joins(Door(second), presence: TerminatorPresence.Unreachable);
        var encapsulator = Own(await EncapsulatorAsync(upstream => upstream with { Zone = "elsewhere" }));
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);

        await tunnels.OpenAsync(4);

        await encapsulator.CountsAsync("tunnels.open", 4); // The origin accepts before the terminator counts.
        Assert.Equal(4, first.Counters.Sum("tunnels.opened") + second.Counters.Sum("tunnels.opened"));
    }

    [Fact]
    public async Task A_member_that_cannot_be_dialled_is_left_out_for_one_that_can()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await TerminatorAsync(origin));
        _mesh.Joins(StorySettings.Loopback(FreePort.Take()));
        _mesh.Joins(Door(terminator));
        var encapsulator = Own(await EncapsulatorAsync());
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);

        await tunnels.OpenAsync(5);

        await terminator.CountsAsync("tunnels.open", 5);
    }

    [Fact]
    public async Task A_tunnel_waits_until_the_mesh_is_known()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await TerminatorAsync(origin));
        var encapsulator = Own(await EncapsulatorAsync());
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await encapsulator.HasUnplacedAsync(1);

        _mesh.Joins(Door(terminator));

        using var far = await origin.AcceptAsync();
        await AssertCarriesAsync(application, far);
    }

    [Fact]
    public async Task A_tunnel_gives_up_at_its_deadline_where_the_mesh_does_not_become_known()
    {
        var encapsulator = Own(await EncapsulatorAsync(upstream => upstream with
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(100),
            Http2 = upstream.Http2 with { HandshakeTimeout = TimeSpan.FromMilliseconds(100) },
        }));

        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));

        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((ConnectFailureReason.NoHealthyEndpoint, "no endpoint was known in time"), (entry.FailureReason, entry.FailureDetail));
        await encapsulator.HasUnplacedAsync(0);
    }

    [Fact]
    public async Task A_mesh_without_a_terminator_of_the_role_refuses_at_once()
    {
        var encapsulator = Own(await EncapsulatorAsync());
        _mesh.IsEmpty();
        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));
        _mesh.JoinsWithoutRole(StorySettings.Loopback(FreePort.Take()));
        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));

        for (var i = 0; i < 2; i++)
        {
            var entry = await encapsulator.NextAccessAsync();
            Assert.Equal((ConnectFailureReason.NoHealthyEndpoint, "there is no endpoint"), (entry.FailureReason, entry.FailureDetail));
            Assert.InRange(entry.Duration, TimeSpan.Zero, TimeSpan.FromSeconds(3)); // A tunnel may wait for fifteen.
        }
    }

    [Fact]
    public async Task One_client_always_comes_to_the_same_terminator_and_many_come_to_all()
    {
        var origin = Own(Origin.Start());
        var first = Own(await TerminatorAsync(origin));
        var second = Own(await TerminatorAsync(origin));
        _mesh.Joins(Door(first));
        _mesh.Joins(Door(second));
        var encapsulator = Own(await StoryNode.StartAsync(
            StorySettings.MeshEncapsulator()
                .WithUpstream(upstream => upstream with { LoadBalancing = LoadBalancing.SourceHash })
                .WithTunnel(tunnel => tunnel with { ProxyProtocol = AcceptProxyProtocol.Require }),
            directory: _mesh.Directory));

        // Twenty clients, known from their PROXY headers, three times each and from another port each time.
        for (var i = 0; i < 60; i++)
        {
            using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
            await application.SendAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 192.0.2.{i % 20} 198.51.100.9 {5000 + i} 443\r\n"));
            using var far = await origin.AcceptAsync();
        }

        await encapsulator.CountsAsync("tunnels.open", 0);
        var endpoints = encapsulator.Tunnels.GroupBy(entry => ((IPEndPoint)entry.DownstreamRemote!).Address, entry => (IPEndPoint)entry.Endpoint!).ToList();
        Assert.Equal(20, endpoints.Count);
        Assert.All(endpoints, client => Assert.Single(client.Distinct()));
        Assert.Equal(2, endpoints.Select(client => client.First()).Distinct().Count());
    }

    [Theory]
    [InlineData("destination_unavailable")]
    [InlineData("connection_limit_reached")]
    public async Task A_tunnel_that_a_terminator_refuses_for_its_own_sake_goes_to_another_one(string error)
    {
        var (door, origin, encapsulator) = await RefuserAndTerminatorAsync();
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await application.SendAsync("held"u8.ToArray());
        var refuser = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await refuser.NextAsync(SessionEventKind.HeadersReceived);

        refuser.Respond(asked.StreamId, endStream: true, (":status", "503"), ("proxy-status", $"far; error={error}; details=\"not now\""));

        using var far = await origin.AcceptAsync();
        Assert.Equal("held"u8.ToArray(), await far.ReceiveAsync(4));
    }

    [Theory]
    [InlineData("503", "far; error=connection_refused")]
    [InlineData("503", "far; error=destination_unavailable, near; received-status=503")]
    [InlineData("502", "far; error=destination_unavailable")]
    [InlineData("504", "far; error=connection_timeout")]
    public async Task A_failure_for_the_origins_sake_is_not_tried_again(string status, string proxyStatus)
    {
        var (door, origin, encapsulator) = await RefuserAndTerminatorAsync();
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var refuser = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await refuser.NextAsync(SessionEventKind.HeadersReceived);

        refuser.Respond(asked.StreamId, endStream: true, (":status", status), ("proxy-status", proxyStatus));

        await application.ExpectResetAsync();
        Assert.Equal(int.Parse(status, null), (await encapsulator.NextAccessAsync()).Status);
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task With_one_attempt_a_refused_tunnel_fails_though_another_terminator_would_take_it()
    {
        var (door, origin, encapsulator) = await RefuserAndTerminatorAsync(upstream => upstream with { MaxAttempts = 1 });
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var refuser = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await refuser.NextAsync(SessionEventKind.HeadersReceived);

        refuser.Reset(asked.StreamId, ErrorCode.RefusedStream);

        await application.ExpectResetAsync();
        Assert.Equal(ConnectFailureReason.RejectedByTerminator, (await encapsulator.NextAccessAsync()).FailureReason);
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task A_tunnel_whose_session_is_killed_before_the_2xx_goes_to_another_terminator_and_the_origin_gets_each_byte_once()
    {
        var (door, origin, encapsulator) = await RefuserAndTerminatorAsync();
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var sent = Payload.Of(200_000, seed: 5);
        var sending = application.SendAsync(sent);
        var connection = await door.AcceptAsync();
        var killed = Own(Http2Peer.Accept(connection));
        await killed.NextAsync(SessionEventKind.HeadersReceived);

        connection.Reset();

        using var far = await origin.AcceptAsync();
        await sending;
        application.SendFin();
        await far.ExpectToEndAsync(sent);
        far.SendFin();
        await application.ExpectToEndAsync([]);
        Assert.False(origin.HasPending);
    }

    [Fact]
    public async Task A_node_that_announces_its_drain_is_not_ready_and_goes_on_accepting()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address));
        Assert.False(topology.Terminator.Node.Status.IsDraining);

        topology.Terminator.Node.AnnounceDrain();

        Assert.True(topology.Terminator.Node.Status.IsDraining);
        var (application, far) = await topology.OpenAsync(origin);
        using (application)
        using (far)
        {
            await topology.Terminator.CountsAsync("tunnels.open", 1);
            Assert.Equal((1, 0), (topology.Terminator.Node.Status.Tunnels, topology.Terminator.Node.Status.Dials));
            await AssertCarriesAsync(application, far);
        }
    }

    [Fact]
    public async Task A_node_tells_its_dials_under_way()
    {
        using var silent = await SilentAddress.StartAsync();
        var topology = Own(await Topology.StartAsync(
            silent.Address, terminator: node => node.WithUpstream(upstream => upstream with { ConnectTimeout = TimeSpan.FromSeconds(1) })));
        using var application = await Peer.ConnectAsync(topology.Entrance);

        await topology.Terminator.CountsAsync("dials.open", 1);
        Assert.Equal((1, 1), (topology.Terminator.Node.Status.Tunnels, topology.Terminator.Node.Status.Dials));

        await application.ExpectResetAsync();
        await Eventually.TrueAsync(() => topology.Terminator.Node.Status.Dials == 0, () => "the dial is still there");
    }

    [Fact]
    public async Task The_status_of_an_endpoint_says_what_the_mesh_says_of_it()
    {
        var (_, encapsulator, first, second) = await TwoAsync();
        var load = new TerminatorLoad(Tunnels: 7, Dials: 1, Cpu: 0.25);
        _mesh.Changes(Door(first), one => one with { Zone = "east", Presence = TerminatorPresence.Unreachable, Load = load });
        _mesh.Drains(Door(second));

        var upstream = Assert.Single((await encapsulator.Node.Status.GetUpstreamsAsync(Eventually.Patience)).Items);

        Assert.Equal(UpstreamType.Mesh, upstream.Type);
        Assert.Equal(
            [new("east", TerminatorPresence.Unreachable, Draining: false, load), new(null, TerminatorPresence.Member, Draining: true, null)],
            upstream.Endpoints.Select(endpoint => endpoint.Mesh!));
    }

    private static IPEndPoint Door(StoryNode terminator) => terminator.AddressOf("connect-in");

    private static Task<StoryNode> TerminatorAsync(Origin origin) => StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext));

    /// <summary>Who waits in a handshake waits longer than the story.</summary>
    private static UpstreamSettings WithPatience(UpstreamSettings upstream) =>
        upstream with { Http2 = upstream.Http2 with { HandshakeTimeout = 2 * Eventually.Patience } };

    /// <summary>Both ways, to the end.</summary>
    private static async Task AssertCarriesAsync(Peer application, Peer far)
    {
        await application.SendAsync(new byte[] { 1, 2, 3 });
        application.SendFin();
        await far.ExpectToEndAsync([1, 2, 3]);
        await far.SendAsync(new byte[] { 4, 5 });
        far.SendFin();
        await application.ExpectToEndAsync([4, 5]);
    }

    private Task<StoryNode> EncapsulatorAsync(Func<UpstreamSettings, UpstreamSettings>? change = null) =>
        StoryNode.StartAsync(StorySettings.MeshEncapsulator().WithUpstream(change ?? (upstream => upstream)), directory: _mesh.Directory);

    private async Task<(Origin Origin, StoryNode Encapsulator, StoryNode First, StoryNode Second)> TwoAsync()
    {
        var origin = Own(Origin.Start());
        var first = Own(await TerminatorAsync(origin));
        var second = Own(await TerminatorAsync(origin));
        _mesh.Joins(Door(first));
        _mesh.Joins(Door(second));
        return (origin, Own(await EncapsulatorAsync()), first, second);
    }

    /// <summary>A terminator that does what the story says, which gets the first tunnel, and a real one.</summary>
    private async Task<(Origin Door, Origin Origin, StoryNode Encapsulator)> RefuserAndTerminatorAsync(
        Func<UpstreamSettings, UpstreamSettings>? change = null)
    {
        var door = Own(Origin.Start());
        var origin = Own(Origin.Start());
        var terminator = Own(await TerminatorAsync(origin));
        _mesh.Joins(door.Address);
        _mesh.Joins(Door(terminator));
        return (door, origin, Own(await EncapsulatorAsync(change)));
    }
}
