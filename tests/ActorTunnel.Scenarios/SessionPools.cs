using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>Which session and which terminator a tunnel goes to.</summary>
public sealed class SessionPools : Story
{
    private const int MuchMore = 64 * 1024 * 1024; // Than kernels hold.

    [Fact]
    public async Task A_second_session_is_opened_at_80_percent_of_the_terminators_limit()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, terminator: node => node.WithStreams(10)));
        using var tunnels = new OpenTunnels(topology.Entrance, origin);

        await tunnels.OpenAsync(8);
        Assert.Equal(1, topology.Encapsulator.Counters.Sum("sessions.opened"));
        await tunnels.OpenAsync(1); // In what the first session has left, while the second shakes hands.
        await topology.Encapsulator.CountsAsync("sessions.opened", 2);
        await tunnels.OpenAsync(7);

        Assert.Equal(2, topology.Terminator.Counters.Sum("sessions.opened"));
        tunnels.Dispose();
        await topology.Encapsulator.CountsAsync("tunnels.open", 0);
        Assert.Equal(
            [("upstreams/terminators/session-1", 9), ("upstreams/terminators/session-2", 7)],
            topology.Encapsulator.AccessLog.CountBy(entry => entry.Session!).OrderBy(group => group.Key).Select(group => (group.Key, group.Value)));
    }

    [Fact]
    public async Task Where_a_second_session_cannot_be_had_the_first_is_filled_and_the_endpoint_is_dialled_with_backoff()
    {
        var door = Origin.Start();
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address)));
        using var applications = new Applications(encapsulator.AddressOf("tunnel-in"));
        await applications.ConnectAsync(1);
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync(), new SessionSettings { MaxConcurrentStreams = 10 }));
        await door.DisposeAsync();

        await applications.ConnectAsync(10);
        for (var i = 0; i < 10; i++)
        {
            await terminator.NextAsync(SessionEventKind.HeadersReceived);
        }

        // The eleventh waits, and so the endpoint is dialled again and again: four times in a second, and not thousands.
        await Eventually.TrueAsync(() => Failures() >= 3, () => $"{Failures()} failed dials");
        Assert.InRange(Failures(), 3, 10);

        int Failures() => encapsulator.LogLines.Count(line => line.ToString().Contains("no session to", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_tunnel_goes_to_the_other_terminator_though_that_has_more_tunnels()
    {
        var one = Own(Origin.Start());
        var two = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, one.Address, two.Address)
            .WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1, LoadBalancing = LoadBalancing.LeastTunnels })));
        using var applications = new Applications(encapsulator.AddressOf("tunnel-in"));
        await applications.ConnectAsync(1);
        var first = Own(Http2Peer.Accept(await one.AcceptAsync()));
        var asked = await first.NextAsync(SessionEventKind.HeadersReceived);
        first.Respond(asked.StreamId, endStream: true, (":status", "503"));
        await encapsulator.CountsAsync("connections.open", 0);
        await applications.ConnectAsync(1);
        var second = Own(Http2Peer.Accept(await two.AcceptAsync()));
        asked = await second.NextAsync(SessionEventKind.HeadersReceived);
        second.Respond(asked.StreamId, endStream: false, (":status", "200"));
        await encapsulator.CountsAsync("tunnels.open", 1);

        await applications.ConnectAsync(1);
        asked = await first.NextAsync(SessionEventKind.HeadersReceived);
        first.Reset(asked.StreamId, ErrorCode.RefusedStream);

        asked = await second.NextAsync(SessionEventKind.HeadersReceived);
        second.Respond(asked.StreamId, endStream: false, (":status", "200"));
        await encapsulator.CountsAsync("tunnels.open", 2);
    }

    [Fact]
    public async Task With_all_sessions_full_a_tunnel_waits_until_another_one_ends()
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            encapsulator: node => node.WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1 }),
            terminator: node => node.WithStreams(2)));
        using var tunnels = new OpenTunnels(topology.Entrance, origin);
        await tunnels.OpenAsync(2);

        using var waiting = await Peer.ConnectAsync(topology.Entrance);
        await waiting.SendAsync(new byte[] { 7 });
        await topology.Encapsulator.CountsAsync("connections.open", 3);
        await topology.Encapsulator.CountsAsync("tunnels.open", 2); // The origin accepts before the encapsulator hears of it.
        tunnels.Dispose();

        using var far = await origin.AcceptAsync();
        Assert.Equal([7], await far.ReceiveAsync(1));
        Assert.Equal(1, topology.Encapsulator.Counters.Sum("sessions.opened"));
    }

    [Fact]
    public async Task A_tunnel_whose_end_is_not_out_yet_keeps_the_place_that_the_next_one_waits_for()
    {
        var door = Own(Origin.Start(receiveBuffer: 16 * 1024));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, door.Address)
            .WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1 })));
        using var filling = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(
            await door.AcceptAsync(), new SessionSettings { MaxConcurrentStreams = 2, StreamWindow = MuchMore, ReceiveBudget = MuchMore }));
        var filler = await AnswerAsync();
        using var ending = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var ended = await AnswerAsync();
        await encapsulator.CountsAsync("tunnels.open", 2);

        // Nothing leaves the encapsulator any more, so neither does the end of the second tunnel, whose connection is over.
        terminator.Pause();
        var stuckAt = await filling.SendUntilStuckAsync(TimeSpan.FromMilliseconds(200));
        await ending.SendAsync(new byte[] { 1 });
        ending.SendFin();
        terminator.Send(ended, [], endStream: true);
        await ending.ExpectToEndAsync([]);
        await encapsulator.CountsAsync("tunnels.open", 1);
        using var next = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await encapsulator.HasWaitingAsync(1);

        terminator.Resume();

        var asked = await AnswerAsync();
        terminator.Send(asked, [1, 2, 3], endStream: true);
        next.SendFin();
        await next.ExpectToEndAsync([1, 2, 3]);
        Assert.InRange(stuckAt, 1, MuchMore); // It was no window that it waited for.
        terminator.Send(filler, [], endStream: true);
        filling.SendFin();
        await filling.ExpectToEndAsync([]);

        async Task<int> AnswerAsync()
        {
            var stream = (await terminator.NextAsync(SessionEventKind.HeadersReceived)).StreamId;
            terminator.Respond(stream, endStream: false, (":status", "200"));
            return stream;
        }
    }

    [Fact]
    public async Task Round_robin_takes_each_terminator_in_turn()
    {
        var origin = Own(Origin.Start());
        var (encapsulator, first, second) = await TwoTerminatorsAsync(origin, LoadBalancing.RoundRobin);
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);

        await tunnels.OpenAsync(6);

        await first.CountsAsync("tunnels.open", 3);
        await second.CountsAsync("tunnels.open", 3);
    }

    [Fact]
    public async Task Least_tunnels_takes_the_terminator_with_fewer_of_them()
    {
        var origin = Own(Origin.Start());
        var (encapsulator, first, second) = await TwoTerminatorsAsync(origin, LoadBalancing.LeastTunnels);
        using var shortLived = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        using var longLived = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        for (var i = 0; i < 3; i++)
        {
            await longLived.OpenAsync(1); // Each second one to the same terminator.
            await shortLived.OpenAsync(1);
        }

        shortLived.Dispose();
        await encapsulator.CountsAsync("tunnels.open", 3);
        await Eventually.TrueAsync(
            () => first.Counters.Sum("tunnels.open") + second.Counters.Sum("tunnels.open") == 3, () => "the short-lived ones are open");
        Assert.Equal(0, first.Counters.Sum("tunnels.open") * second.Counters.Sum("tunnels.open"));
        await longLived.OpenAsync(3);

        await first.CountsAsync("tunnels.open", 3);
        await second.CountsAsync("tunnels.open", 3);
    }

    [Fact]
    public async Task A_refused_stream_is_tried_again_on_another_session()
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address)));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await application.SendAsync("held until then"u8.ToArray());
        var first = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var refused = await first.NextAsync(SessionEventKind.HeadersReceived);

        first.Reset(refused.StreamId, ErrorCode.RefusedStream);

        var second = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await second.NextAsync(SessionEventKind.HeadersReceived);
        second.Respond(asked.StreamId, endStream: false, (":status", "200"));
        var data = await second.NextAsync(SessionEventKind.DataReceived);
        Assert.Equal("held until then"u8.ToArray(), data.Data);
        second.Send(asked.StreamId, [1], endStream: true);
        application.SendFin();
        await application.ExpectToEndAsync([1]);
        Assert.Equal("upstreams/terminators/session-2", (await encapsulator.NextAccessAsync()).Session);
    }

    [Fact]
    public async Task A_tunnel_that_the_only_session_refuses_rests_and_asks_again_and_is_given_up_after_its_last_attempt()
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, door.Address)
            .WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1 })));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));

        for (var attempt = 0; attempt < 3; attempt++)
        {
            var refused = await terminator.NextAsync(SessionEventKind.HeadersReceived);
            terminator.Reset(refused.StreamId, ErrorCode.RefusedStream);
        }

        await application.ExpectResetAsync();
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((ConnectFailureReason.RejectedByTerminator, 5), (entry.FailureReason, entry.StreamId)); // The last failure, with its stream.
        Assert.InRange(entry.Duration, TimeSpan.FromMilliseconds(80 + 160), Eventually.Patience); // 100 ms and 200 ms, less 20 %.
    }

    [Theory]
    [InlineData("204")]
    [InlineData("299")]
    public async Task Any_2xx_is_a_tunnel_and_1xx_before_it_are_skipped(string status)
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address)));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);

        terminator.SendRaw(Interim(asked.StreamId));
        terminator.Respond(asked.StreamId, endStream: true, (":status", status)); // The origin has finished already.

        await application.ExpectToEndAsync([]);
        application.SendFin();
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((int.Parse(status, null), "clean/upstream"), (entry.Status, entry.DownstreamEnd.ToString()));
    }

    [Fact]
    public async Task The_listeners_header_fields_stand_on_the_CONNECT_in_their_order()
    {
        var door = Own(Origin.Start());
        KeyValuePair<string, string>[] headers = [new("x-team", "blue"), new("authorization", "Bearer secret"), new("x-team", "green")];
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, door.Address)
            .WithTunnel(listener => listener with { Headers = [.. headers.Select(header => KeyValuePair.Create(header.Key, StorySettings.Template(header.Value)))] })));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));

        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);

        Assert.Equal(
            [(":method", "CONNECT"), (":authority", "host.com:443"), .. headers.Select(header => (header.Key, header.Value))],
            asked.Fields.Select(field => (field.Name, field.Value)));
        terminator.Respond(asked.StreamId, endStream: true, (":status", "503"));
        await application.ExpectResetAsync();
        var answer = await terminator.NextAsync(SessionEventKind.DataReceived);
        Assert.True(answer is { EndStream: true, Data: [] }); // An end, not a reset.
    }

    [Fact]
    public async Task A_session_with_GOAWAY_keeps_its_tunnels_and_gets_no_new_one()
    {
        var origin = Own(Origin.Start());
        var (encapsulator, first, second) = await TwoTerminatorsAsync(origin, LoadBalancing.LeastTunnels);
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        using var far = await origin.AcceptAsync();
        await Eventually.TrueAsync(
            () => first.Counters.Sum("tunnels.open") + second.Counters.Sum("tunnels.open") == 1, () => "no tunnel");
        var (leaving, staying) = first.Counters.Sum("tunnels.open") == 1 ? (first, second) : (second, first);

        var draining = leaving.StopAsync(Eventually.Patience);
        await encapsulator.CountsAsync("sessions.retired.open", 1);
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        await tunnels.OpenAsync(5);

        await staying.CountsAsync("tunnels.open", 5);
        Assert.False(draining.IsCompleted);
        var sent = Payload.Of(300_000, seed: 3);
        var receiving = far.ExpectToEndAsync(sent);
        await application.SendAsync(sent);
        application.SendFin();
        await receiving;
        far.SendFin();
        await application.ExpectToEndAsync([]);
        tunnels.Dispose(); // Their sockets go to the same origin as those of the node that leaves.
        Assert.True(await draining);
        Assert.Equal(0, encapsulator.Counters.Sum("sessions.lost"));
    }

    [Fact]
    public async Task A_stream_that_a_GOAWAY_left_out_is_tried_again_on_a_new_session()
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address)));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var first = Own(Http2Peer.Accept(await door.AcceptAsync()));
        await first.NextAsync(SessionEventKind.HeadersReceived);

        first.SendRaw([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // GOAWAY: nothing was acted on.

        var second = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await second.NextAsync(SessionEventKind.HeadersReceived);
        second.Respond(asked.StreamId, endStream: true, (":status", "200"));
        await application.ExpectToEndAsync([]);
    }

    /// <summary>HEADERS with <c>:status 100</c> as a literal without indexing (RFC 7541 §6.2.2).</summary>
    private static byte[] Interim(int stream) => [0, 0, 5, 1, 4, 0, 0, 0, (byte)stream, 0x08, 3, (byte)'1', (byte)'0', (byte)'0'];

    private async Task<(StoryNode Encapsulator, StoryNode First, StoryNode Second)> TwoTerminatorsAsync(Origin origin, LoadBalancing policy)
    {
        var first = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext)));
        var second = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext)));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, first.AddressOf("connect-in"), second.AddressOf("connect-in"))
            .WithUpstream(upstream => upstream with { LoadBalancing = policy })));
        return (encapsulator, first, second);
    }
}
