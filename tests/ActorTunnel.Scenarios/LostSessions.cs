using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios;

/// <summary>The session is lost under its tunnels, or the terminator is not there.</summary>
public sealed class LostSessions : Story
{
    private const int Tunnels = 20;

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public async Task A_session_that_is_cut_resets_every_application_and_origin(Security security, bool cutByReset)
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, security)));
        var cable = Own(new FaultPipe(terminator.AddressOf("connect-in")));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(security, cable.Address)));
        var applications = new List<Peer>();
        var origins = new List<Peer>();
        for (var i = 0; i < Tunnels; i++)
        {
            applications.Add(await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in")));
            origins.Add(await origin.AcceptAsync());
        }

        // Both directions of each are under way; what went through so far is known on neither side.
        var sent = Payload.Of(4 * 1024 * 1024, seed: 9);
        var sending = applications.Concat(origins).Select(peer => SendAsLongAsItGoesAsync(peer, sent)).ToList();
        await Task.WhenAll(applications.Concat(origins).Select(peer => peer.ReceiveAsync(1_000)));

        if (cutByReset)
        {
            cable.ResetAll();
        }
        else
        {
            cable.FinishAll();
        }

        await Task.WhenAll(applications.Concat(origins).Select(peer => peer.ExpectResetAsync(sent, skipped: 1_000)));
        await Task.WhenAll(sending);
        applications.Concat(origins).ToList().ForEach(peer => peer.Dispose());
        await encapsulator.CountsAsync("tunnels.open", 0);
        await terminator.CountsAsync("tunnels.open", 0);
        Assert.All(encapsulator.AccessLog.Concat(terminator.AccessLog), entry =>
        {
            Assert.Equal("reset/session:session-lost", entry.UpstreamEnd.ToString());
            Assert.Equal("reset/session:session-lost", entry.DownstreamEnd.ToString());
        });
        Assert.Equal(1, encapsulator.Counters.Sum("sessions.lost"));
        await encapsulator.LoggedAsync("upstreams/terminators/session-1 to");
    }

    [Fact]
    public async Task A_session_that_was_lost_is_dialled_again_by_itself()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext)));
        var cable = Own(new FaultPipe(terminator.AddressOf("connect-in")));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, cable.Address)));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();

        // A byte proves the 2xx: before it, a lost session is no end of the tunnel but a reason for another try.
        await application.SendAsync(new byte[] { 1 });
        await far.ReceiveAsync(1);

        cable.ResetAll();
        await application.ExpectResetAsync();

        await encapsulator.CountsAsync("sessions.opened", 2);
        using var next = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var nextFar = await origin.AcceptAsync();
        Assert.Equal(2, cable.Connections);
    }

    [Fact]
    public async Task Tunnels_without_an_answer_wait_for_the_next_session_where_there_may_be_only_one()
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, door.Address)
            .WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1 })));
        using var applications = new Applications(encapsulator.AddressOf("tunnel-in"));
        await applications.ConnectAsync(Tunnels);
        var connection = await door.AcceptAsync();
        var terminator = Own(Http2Peer.Accept(connection));
        for (var i = 0; i < Tunnels; i++)
        {
            await terminator.NextAsync(SessionEventKind.HeadersReceived);
        }

        connection.Reset();

        var next = Own(Http2Peer.Accept(await door.AcceptAsync()));
        for (var i = 0; i < Tunnels; i++)
        {
            var asked = await next.NextAsync(SessionEventKind.HeadersReceived);
            next.Respond(asked.StreamId, endStream: false, (":status", "200"));
            next.Send(asked.StreamId, [1, 2, 3], endStream: true);
        }

        await applications.EndWithAsync([1, 2, 3]);
    }

    [Fact]
    public async Task Who_waits_for_room_in_a_session_that_is_lost_waits_for_the_next_one()
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, door.Address)
            .WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1 })));
        using var first = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var connection = await door.AcceptAsync();
        var terminator = Own(Http2Peer.Accept(connection, new SessionSettings { MaxConcurrentStreams = 1 }));
        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        terminator.Respond(asked.StreamId, endStream: false, (":status", "200"));
        await encapsulator.CountsAsync("tunnels.open", 1);
        using var second = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await encapsulator.HasWaitingAsync(1);

        connection.Reset();

        var next = Own(Http2Peer.Accept(await door.AcceptAsync()));
        asked = await next.NextAsync(SessionEventKind.HeadersReceived);
        next.Respond(asked.StreamId, endStream: false, (":status", "200"));
        next.Send(asked.StreamId, [1, 2, 3], endStream: true);
        second.SendFin();
        await second.ExpectToEndAsync([1, 2, 3]);
        await first.ExpectResetAsync();
    }

    [Fact]
    public async Task A_terminator_that_was_away_is_used_again_when_it_is_back()
    {
        var origin = Own(Origin.Start());
        var port = FreePort.Take();
        var first = await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Tls, port));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Tls, StorySettings.Loopback(port))
            .WithUpstream(upstream => upstream with { MaxBackoff = TimeSpan.FromMilliseconds(400) })));
        using (await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in")))
        using (await origin.AcceptAsync())
        {
        }

        await encapsulator.CountsAsync("tunnels.open", 0);
        await first.DisposeAsync();

        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));

        await encapsulator.LoggedAsync($"no session to 127.0.0.1:{port}: the destination refused the connection");
        Assert.Contains(encapsulator.AccessLog, entry => entry.FailureReason == ConnectFailureReason.ConnectionRefused);

        Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Tls, port)));
        await encapsulator.CountsAsync("sessions.open", 1);
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();
    }

    [Fact]
    public async Task An_endpoint_that_is_down_costs_no_tunnel_while_another_is_up()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext)));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(
            Security.Cleartext, StorySettings.Loopback(FreePort.Take()), terminator.AddressOf("connect-in"))));

        for (var i = 0; i < 4; i++)
        {
            using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
            using var far = await origin.AcceptAsync();
        }
    }

    [Fact]
    public async Task With_no_endpoint_up_an_application_is_reset()
    {
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(
            Security.Cleartext, StorySettings.Loopback(FreePort.Take()), StorySettings.Loopback(FreePort.Take()))));

        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));
        var entry = await encapsulator.NextAccessAsync();
        Assert.Null(entry.Status);
        Assert.Null(entry.Session);
        Assert.Equal("reset/upstream:connect-failed", entry.DownstreamEnd.ToString());
    }

    private static async Task SendAsLongAsItGoesAsync(Peer peer, byte[] bytes)
    {
        try
        {
            await peer.SendAsync(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Reset meanwhile, as it should be.
        }
    }
}
