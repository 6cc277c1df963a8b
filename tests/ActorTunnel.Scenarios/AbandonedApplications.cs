using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>An application resets its connection while its CONNECT has no answer.</summary>
public sealed class AbandonedApplications : Story
{
    private const int Kept = 64;

    [Fact]
    public async Task Its_connection_is_over_at_once_and_its_stream_only_with_the_answer()
    {
        var (encapsulator, terminator, application, asked) = await AskAsync();

        application.Reset();

        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal(ConnectFailureReason.Abandoned, entry.FailureReason);
        Assert.Equal("reset/downstream", entry.DownstreamEnd.ToString());
        await encapsulator.CountsAsync("connections.open", 0);
        terminator.Respond(asked.StreamId, endStream: false, (":status", "200")); // No reset came before: there is a stream to answer on.
        var reset = await terminator.NextOnAsync(asked.StreamId);
        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.ConnectError), (reset.Kind, reset.Code));
        await encapsulator.CountsAsync("limits.hit", 0);
    }

    [Fact]
    public async Task An_answer_with_END_STREAM_gets_no_clean_end_either()
    {
        var (encapsulator, terminator, application, asked) = await AskAsync();
        await application.SendAsync(new byte[] { 1, 2, 3 });
        application.Reset();
        await encapsulator.NextAccessAsync();

        terminator.Respond(asked.StreamId, endStream: true, (":status", "200"));

        var reset = await terminator.NextOnAsync(asked.StreamId);
        Assert.Equal((SessionEventKind.StreamReset, ErrorCode.ConnectError), (reset.Kind, reset.Code));
    }

    [Fact]
    public async Task One_that_had_ended_before_it_reset_is_delivered_whole()
    {
        var (encapsulator, terminator, ended, asked) = await AskAsync();
        await ended.SendAsync(new byte[] { 1, 2, 3 });
        ended.SendFin();
        ended.Reset();

        // One that came later and left was noticed, so the other was looked at too.
        (await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"))).Reset();
        var later = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        await encapsulator.NextAccessAsync();
        terminator.Respond(later.StreamId, endStream: true, (":status", "502"));

        terminator.Respond(asked.StreamId, endStream: false, (":status", "200"));
        var data = await terminator.NextOnAsync(asked.StreamId);
        Assert.Equal([1, 2, 3], data.Data);
        terminator.Send(asked.StreamId, [4], endStream: false); // For nobody: the reset of this direction follows.
        await encapsulator.CountsAsync("connections.open", 0);
        Assert.Equal("clean/downstream", (await encapsulator.NextAccessAsync()).UpstreamEnd.ToString());
    }

    [Fact]
    public async Task A_refusal_is_answered_with_END_STREAM_as_ever()
    {
        var (encapsulator, terminator, application, asked) = await AskAsync();
        application.Reset();
        await encapsulator.NextAccessAsync();

        terminator.Respond(asked.StreamId, endStream: true, (":status", "502"));

        var ended = await terminator.NextOnAsync(asked.StreamId);
        Assert.Equal((SessionEventKind.DataReceived, true), (ended.Kind, ended.EndStream));
    }

    [Fact]
    public async Task A_half_closed_application_has_not_left()
    {
        var (encapsulator, terminator, application, asked) = await AskAsync();
        using var _ = application;
        application.SendFin();

        // One that left was noticed, so the one that half-closed was looked at too.
        (await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"))).Reset();
        await encapsulator.NextAccessAsync();

        terminator.Respond(asked.StreamId, endStream: false, (":status", "200"));
        terminator.Send(asked.StreamId, [1, 2, 3], endStream: true);
        await application.ExpectToEndAsync([1, 2, 3]);
        var late = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        terminator.Respond(late.StreamId, endStream: false, (":status", "200"));
    }

    [Fact]
    public async Task A_session_keeps_64_of_them_and_resets_the_others()
    {
        const int More = 6;
        var (encapsulator, door) = await StartAsync();
        var applications = new List<Peer>();
        for (var i = 0; i < Kept + More; i++)
        {
            applications.Add(await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in")));
        }

        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var waiting = new HashSet<int>();
        foreach (var _ in applications)
        {
            waiting.Add((await terminator.NextAsync(SessionEventKind.HeadersReceived)).StreamId);
        }

        applications.ForEach(application => application.Reset());

        for (var i = 0; i < More; i++)
        {
            waiting.Remove((await terminator.NextAsync(SessionEventKind.StreamReset)).StreamId);
        }

        await encapsulator.CountsAsync("limits.hit{limit=abandoned-streams}", More);
        await encapsulator.CountsAsync("connections.open", 0);
        Assert.Equal(Kept, waiting.Count);
        foreach (var stream in waiting)
        {
            terminator.Respond(stream, endStream: false, (":status", "200"));
            Assert.Equal(SessionEventKind.StreamReset, (await terminator.NextOnAsync(stream)).Kind);
        }

        // Their places are free again.
        (await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"))).Reset();
        var next = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        await Eventually.TrueAsync(() => encapsulator.AccessLog.Count == Kept + More + 1, () => $"{encapsulator.AccessLog.Count} lines");
        terminator.Respond(next.StreamId, endStream: false, (":status", "200"));
        await terminator.NextOnAsync(next.StreamId);
        await encapsulator.CountsAsync("limits.hit{limit=abandoned-streams}", More);
    }

    [Fact]
    public async Task One_that_left_while_it_waited_for_a_session_is_not_asked_for()
    {
        var (encapsulator, door) = await StartAsync();
        var left = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var connection = await door.AcceptAsync();
        left.Reset();
        Assert.Equal(ConnectFailureReason.Abandoned, (await encapsulator.NextAccessAsync()).FailureReason);
        using var stays = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await encapsulator.CountsAsync("connections.open", 1);

        var terminator = Own(Http2Peer.Accept(connection)); // The session's handshake is done only now.

        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        Assert.Equal(1, asked.StreamId);
        terminator.Respond(asked.StreamId, endStream: false, (":status", "200"));
        terminator.Send(asked.StreamId, [1, 2, 3], endStream: true);
        stays.SendFin();
        await stays.ExpectToEndAsync([1, 2, 3]);
    }

    [Fact]
    public async Task A_node_that_stops_waits_for_no_such_answer()
    {
        var (encapsulator, terminator, application, asked) = await AskAsync();
        application.Reset();
        await encapsulator.NextAccessAsync();

        Assert.True(await encapsulator.StopAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal(SessionEventKind.StreamReset, (await terminator.NextOnAsync(asked.StreamId)).Kind);
    }

    /// <summary>An application whose CONNECT a terminator has, and does not answer.</summary>
    private async Task<(StoryNode Encapsulator, Http2Peer Terminator, Peer Application, PeerEvent Asked)> AskAsync()
    {
        var (encapsulator, door) = await StartAsync();
        var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));
        return (encapsulator, terminator, application, await terminator.NextAsync(SessionEventKind.HeadersReceived));
    }

    /// <summary>An encapsulator in front of a door that a story opens as a terminator.</summary>
    private async Task<(StoryNode Encapsulator, Origin Door)> StartAsync()
    {
        var door = Own(Origin.Start());
        return (Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address))), door);
    }
}
