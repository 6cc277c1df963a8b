using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>An encapsulator that sends what applications say before the terminator has answered.</summary>
public sealed class EarlyData : Story
{
    private static readonly (string, string) Success = (":status", "200");
    private static readonly byte[] Hello = [1, 2, 3];

    [Fact]
    public async Task Bytes_are_with_the_terminator_before_it_has_answered()
    {
        var (encapsulator, terminator, application, stream) = await SayAsync(Hello);
        using var _ = application;

        terminator.Respond(stream, endStream: false, Success);
        terminator.Send(stream, [4, 5], endStream: true);
        Assert.Equal([4, 5], await application.ReceiveAsync(2));
        await application.SendAsync(new byte[] { 6 });
        application.SendFin();
        await application.ExpectToEndAsync([]);
        Assert.Equal([6], (await terminator.NextOnAsync(stream)).Data);

        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((200, 4, 4, 2, 2), (entry.Status, entry.BytesFromDownstream, entry.BytesToUpstream, entry.BytesFromUpstream, entry.BytesToDownstream));
        Assert.Equal(("clean/downstream", "clean/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString()));
    }

    [Theory]
    [InlineData(Security.Cleartext)]
    [InlineData(Security.Tls)]
    public async Task Megabytes_go_both_ways_whole(Security security)
    {
        const int Tunnels = 4;
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, security, WithEarlyData)); // Whose end asserts that both nodes count the same.
        using var transfers = new Transfers(Tunnels);
        for (var i = 0; i < Tunnels; i++)
        {
            var (application, far) = await topology.OpenAsync(origin);
            transfers.All[i] = new Transfer(i, 1024 * 1024, application, far);
        }

        await Task.WhenAll(transfers.All.Select(transfer => transfer.ExpectCompleteAsync()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task An_origin_that_speaks_first_is_heard_by_a_silent_application(int eventLoops)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, encapsulator: node => WithEarlyData(node) with { EventLoops = eventLoops }));
        var (application, far) = await topology.OpenAsync(origin);
        using var _ = application;
        using var __ = far;

        await far.SendAsync(Hello);
        Assert.Equal(Hello, await application.ReceiveAsync(3));
        await application.SendAsync(new byte[] { 4 });
        application.SendFin();
        await far.ExpectToEndAsync([4]);
        far.SendFin();
        await application.ExpectToEndAsync([]);
    }

    [Fact]
    public async Task An_end_before_the_answer_goes_out_behind_the_bytes_and_the_other_way_goes_on()
    {
        var (encapsulator, terminator, application, stream) = await SayAsync(Hello, thenEnd: true);
        using var _ = application;

        terminator.Respond(stream, endStream: false, Success);
        terminator.Send(stream, [4, 5], endStream: true);

        await application.ExpectToEndAsync([4, 5]);
        Assert.Equal("clean/downstream", (await encapsulator.NextAccessAsync()).UpstreamEnd.ToString());
    }

    [Fact]
    public async Task A_reset_before_the_answer_resets_the_stream()
    {
        var (encapsulator, terminator, application, stream) = await SayAsync(Hello);

        application.Reset();

        var reset = await terminator.NextOnAsync(stream);
        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.ConnectError), (reset.Kind, reset.Code));
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal(
            (ConnectFailureReason.Abandoned, "the application left before the answer", "reset/downstream", 3),
            (entry.FailureReason, entry.FailureDetail, entry.DownstreamEnd.ToString(), entry.BytesToUpstream));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_reset_of_an_application_that_said_nothing_keeps_its_stream_for_the_answer(int eventLoops)
    {
        var (encapsulator, terminator, application, stream) = await AskAsync(node => node with { EventLoops = eventLoops });

        application.Reset();

        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((ConnectFailureReason.Abandoned, "reset/downstream"), (entry.FailureReason, entry.DownstreamEnd.ToString()));
        terminator.Respond(stream, endStream: false, Success); // No reset came before: there is a stream to answer on.
        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.ConnectError), await KindAndCodeAsync(terminator, stream));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_resets_the_application_and_nothing_of_its_body_comes_through(bool withBody)
    {
        var (encapsulator, terminator, application, stream) = await SayAsync(Hello);
        using var _ = application;

        terminator.Respond(stream, endStream: !withBody, (":status", "502"), ("proxy-status", "peer; error=connection_refused"));
        if (withBody)
        {
            terminator.Send(stream, [7, 7, 7], endStream: true);
        }

        Assert.Equal(0, await application.ExpectResetAsync());
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((502, ConnectFailureReason.RejectedByTerminator, 3), (entry.Status, entry.FailureReason, entry.BytesFromDownstream));
        Assert.Equal(("peer; error=connection_refused", "reset/upstream:connect-failed"), (entry.FailureDetail, entry.DownstreamEnd.ToString()));
        await encapsulator.CountsAsync("tunnels.failed{reason=rejected-by-terminator}", 1);
    }

    [Fact]
    public async Task A_terminator_of_our_own_drops_what_came_early_when_it_refuses()
    {
        var nobody = StorySettings.Loopback(FreePort.Take());
        var topology = Own(await Topology.StartAsync(nobody, encapsulator: WithEarlyData));
        using var application = await Peer.ConnectAsync(topology.Entrance);
        try
        {
            await application.SendAsync(Hello);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Refused already.
        }

        Assert.Equal(0, await application.ExpectResetAsync());
        Assert.Equal((502, 0L), ((await topology.Terminator.NextAccessAsync()).Status, topology.Terminator.Tunnels.Single().BytesToUpstream));
        Assert.Equal(502, (await topology.Encapsulator.NextAccessAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tunnel_of_which_nothing_was_sent_is_tried_elsewhere_when_it_is_refused(bool with503)
    {
        var (encapsulator, doors) = await StartAsync(terminators: 2);
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var (first, other) = await NextDoorAsync(doors);
        var refuser = Own(Http2Peer.Accept(await first.AcceptAsync()));
        Refuse(refuser, (await refuser.NextAsync(SessionEventKind.HeadersReceived)).StreamId, with503);

        var taker = Own(Http2Peer.Accept(await other.AcceptAsync()));
        var taken = await taker.NextAsync(SessionEventKind.HeadersReceived);
        await application.SendAsync(Hello);
        application.SendFin();
        Assert.Equal(Hello, (await taker.NextOnAsync(taken.StreamId)).Data);
        taker.Respond(taken.StreamId, endStream: false, Success);
        taker.Send(taken.StreamId, [4], endStream: true);

        await application.ExpectToEndAsync([4]);
        Assert.Equal(200, (await encapsulator.NextAccessAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tunnel_of_which_bytes_were_sent_is_not(bool with503)
    {
        var (encapsulator, doors) = await StartAsync(terminators: 2);
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await application.SendAsync(Hello);
        var (first, other) = await NextDoorAsync(doors);
        var refuser = Own(Http2Peer.Accept(await first.AcceptAsync()));
        var asked = await refuser.NextAsync(SessionEventKind.HeadersReceived);
        Assert.Equal(Hello, (await refuser.NextOnAsync(asked.StreamId)).Data);

        Refuse(refuser, asked.StreamId, with503);

        Assert.Equal(0, await application.ExpectResetAsync());
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((with503 ? 503 : null, ConnectFailureReason.RejectedByTerminator), (entry.Status, entry.FailureReason));
        Assert.False(other.HasPending);
    }

    [Fact]
    public async Task A_session_that_is_lost_resets_the_application()
    {
        var (encapsulator, doors) = await StartAsync();
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await application.SendAsync(Hello);
        using var connection = await doors[0].AcceptAsync();
        await using (var terminator = Http2Peer.Accept(connection))
        {
            Assert.Equal(Hello, (await terminator.NextAsync(SessionEventKind.DataReceived)).Data);
            connection.Reset();
        }

        Assert.Equal(0, await application.ExpectResetAsync());
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((ConnectFailureReason.SessionLost, "reset/session:connect-failed", 3), (entry.FailureReason, entry.DownstreamEnd.ToString(), entry.BytesToUpstream));
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_resets_both()
    {
        var (encapsulator, terminator, application, stream) = await SayAsync(
            Hello, change: node => node.WithUpstream(upstream => upstream with { AnswerTimeout = TimeSpan.FromMilliseconds(300) }));
        using var _ = application;

        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.Cancel), await KindAndCodeAsync(terminator, stream));

        Assert.Equal(0, await application.ExpectResetAsync());
        Assert.Equal(ConnectFailureReason.ConnectTimeout, (await encapsulator.NextAccessAsync()).FailureReason);
        await encapsulator.CountsAsync("limits.hit{limit=answer-timeout}", 1);
    }

    [Fact]
    public async Task The_deadline_of_a_drain_resets_what_has_no_answer_yet()
    {
        var (encapsulator, terminator, application, stream) = await SayAsync(Hello);
        using var _ = application;

        Assert.False(await encapsulator.StopAsync(TimeSpan.FromMilliseconds(300)));

        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.Cancel), await KindAndCodeAsync(terminator, stream));
        Assert.Equal(0, await application.ExpectResetAsync());
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal((ConnectFailureReason.Draining, "reset/us:connect-failed"), (entry.FailureReason, entry.DownstreamEnd.ToString()));
    }

    [Fact]
    public async Task A_drain_waits_for_the_answer_and_the_tunnel_behind_it()
    {
        var (encapsulator, terminator, application, stream) = await SayAsync(Hello);
        using var _ = application;

        var draining = encapsulator.StopAsync(Eventually.Patience);
        await Eventually.TrueAsync(() => !OpenSockets.IsListening(encapsulator.AddressOf("tunnel-in").Port), () => "it still listens");
        terminator.Respond(stream, endStream: false, Success);
        terminator.Send(stream, [4], endStream: true);
        application.SendFin();

        await application.ExpectToEndAsync([4]);
        Assert.True(await draining);
    }

    [Fact]
    public async Task A_client_of_HTTP_1_1_has_no_early_data()
    {
        var (encapsulator, doors) = await StartAsync(node => node.WithTunnel(tunnel => tunnel with { Accept = TunnelAccept.HttpConnect, Authority = null }));
        using var client = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await client.SendAsync(ProxyClient.Ascii(ProxyClient.Request + "early"));
        var terminator = Own(Http2Peer.Accept(await doors[0].AcceptAsync()));
        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        (await AskingAsync(encapsulator, terminator)).Reset(); // The session's next stream came before any byte on this one.

        terminator.Respond(asked.StreamId, endStream: false, Success);

        Assert.Equal(ProxyClient.Ascii("early"), (await terminator.NextOnAsync(asked.StreamId)).Data);
        terminator.Send(asked.StreamId, [], endStream: true);
        client.SendFin();
        await client.ExpectToEndAsync(ProxyClient.Ascii(ProxyClient.Established));
    }

    private static NodeSettings WithEarlyData(NodeSettings node) => node.WithTunnel(tunnel => tunnel with { EarlyData = true });

    private static void Refuse(Http2Peer terminator, int stream, bool with503)
    {
        if (with503)
        {
            terminator.Respond(stream, endStream: true, (":status", "503"), ("proxy-status", "peer; error=destination_unavailable"));
        }
        else
        {
            terminator.Reset(stream, ErrorCode.RefusedStream);
        }
    }

    private static async Task<(SessionEventKind Kind, ErrorCode Code)> KindAndCodeAsync(Http2Peer terminator, int stream)
    {
        var e = await terminator.NextOnAsync(stream);
        return (e.Kind, e.Code);
    }

    /// <summary>The door at which somebody stands, and the other one.</summary>
    private static async Task<(Origin Asked, Origin Other)> NextDoorAsync(Origin[] doors)
    {
        await Eventually.TrueAsync(() => doors.Any(door => door.HasPending), () => "no terminator was dialled");
        return doors[0].HasPending ? (doors[0], doors[1]) : (doors[1], doors[0]);
    }

    /// <summary>Another HTTP/1.1 client, whose CONNECT has come.</summary>
    private static async Task<Peer> AskingAsync(StoryNode encapsulator, Http2Peer terminator)
    {
        var client = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await client.SendAsync(ProxyClient.Ascii(ProxyClient.Request));
        var next = await terminator.NextOnAnyAsync();
        Assert.Equal(SessionEventKind.HeadersReceived, next.Kind);
        terminator.Respond(next.StreamId, endStream: true, (":status", "502"));
        return client;
    }

    /// <summary>An application whose first bytes the terminator has, and which has no answer yet.</summary>
    private async Task<(StoryNode Encapsulator, Http2Peer Terminator, Peer Application, int Stream)> SayAsync(
        byte[] bytes, bool thenEnd = false, Func<NodeSettings, NodeSettings>? change = null)
    {
        var (encapsulator, terminator, application, stream) = await AskAsync(change);
        await application.SendAsync(bytes);
        var data = await terminator.NextOnAsync(stream);
        Assert.Equal((SessionEventKind.DataReceived, bytes.Length), (data.Kind, data.Data.Length));
        if (thenEnd)
        {
            application.SendFin();
            data = await terminator.NextOnAsync(stream);
            Assert.Equal((SessionEventKind.DataReceived, true), (data.Kind, data.EndStream));
        }

        return (encapsulator, terminator, application, stream);
    }

    /// <summary>An application whose CONNECT a terminator has, and which has said nothing.</summary>
    private async Task<(StoryNode Encapsulator, Http2Peer Terminator, Peer Application, int Stream)> AskAsync(Func<NodeSettings, NodeSettings>? change = null)
    {
        var (encapsulator, doors) = await StartAsync(change);
        var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await doors[0].AcceptAsync()));
        return (encapsulator, terminator, application, (await terminator.NextAsync(SessionEventKind.HeadersReceived)).StreamId);
    }

    /// <summary>An encapsulator in front of doors that a story opens as terminators.</summary>
    private async Task<(StoryNode Encapsulator, Origin[] Doors)> StartAsync(Func<NodeSettings, NodeSettings>? change = null, int terminators = 1)
    {
        var doors = Enumerable.Range(0, terminators).Select(_ => Own(Origin.Start())).ToArray();
        var settings = WithEarlyData(StorySettings.Encapsulator(Security.Cleartext, [.. doors.Select(door => door.Address)]));
        return (Own(await StoryNode.StartAsync(change is null ? settings : change(settings))), doors);
    }
}
