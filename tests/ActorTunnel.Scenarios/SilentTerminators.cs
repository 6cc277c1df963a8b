using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A terminator that takes a CONNECT and never answers it.</summary>
public sealed class SilentTerminators : Story
{
    [Fact]
    public async Task A_CONNECT_without_an_answer_is_cancelled_and_the_application_is_reset()
    {
        var (encapsulator, door) = await StartAsync();
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await terminator.NextAsync(SessionEventKind.HeadersReceived);

        var reset = await terminator.NextAsync(SessionEventKind.StreamReset);

        Assert.Equal((asked.StreamId, ErrorCode.Cancel, true), (reset.StreamId, reset.Code, reset.ByPeer));
        Assert.Equal(0, await application.ExpectResetAsync());
        var entry = await encapsulator.NextAccessAsync();
        Assert.Equal(ConnectFailureReason.ConnectTimeout, entry.FailureReason);
        Assert.Equal("reset/upstream:connect-failed", entry.DownstreamEnd.ToString());
        await encapsulator.CountsAsync("limits.hit{limit=answer-timeout}", 1);
    }

    [Fact]
    public async Task A_client_of_HTTP_1_1_is_told_so_with_504()
    {
        var (encapsulator, door) = await StartAsync(
            listener => listener with { Accept = TunnelAccept.HttpConnect });
        using var client = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await client.SendAsync(ProxyClient.Ascii(ProxyClient.Request));
        Own(Http2Peer.Accept(await door.AcceptAsync()));

        var answer = await client.TextToEndAsync();

        Assert.StartsWith("HTTP/1.1 504 ", answer, StringComparison.Ordinal);
        Assert.Contains("error=connection_timeout", answer, StringComparison.Ordinal);
        Assert.Equal(504, (await encapsulator.NextAccessAsync()).Status);
    }

    [Fact]
    public async Task An_answered_tunnel_has_no_such_deadline()
    {
        var (encapsulator, door) = await StartAsync(answerTimeout: TimeSpan.FromSeconds(4));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var answered = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        terminator.Respond(answered.StreamId, endStream: false, (":status", "200"));
        await encapsulator.CountsAsync("tunnels.open", 1);

        // A tunnel that was asked for later is past its deadline: the first one would be too.
        using var late = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await terminator.NextAsync(SessionEventKind.StreamReset);

        terminator.Send(answered.StreamId, [1, 2, 3], endStream: true);
        Assert.Equal([1, 2, 3], await application.ReceiveAsync(3));
        application.SendFin();
        await application.ExpectToEndAsync([]);
        await late.ExpectResetAsync();
    }

    [Fact]
    public async Task A_session_that_had_to_reset_too_many_streams_takes_no_more_and_keeps_its_tunnels()
    {
        const int Budget = 100;
        var (encapsulator, door) = await StartAsync(answerTimeout: TimeSpan.FromSeconds(4));
        using var kept = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var terminator = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var answered = await terminator.NextAsync(SessionEventKind.HeadersReceived);
        terminator.Respond(answered.StreamId, endStream: false, (":status", "200"));
        await encapsulator.CountsAsync("tunnels.open", 1);

        // All at once: so many come back to the budget while these time out one after the other, and so many more are needed.
        var applications = await Task.WhenAll(
            Enumerable.Range(0, Budget + 400).Select(_ => Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"))));

        await Task.WhenAll(applications.Select(application => application.ExpectResetAsync()));
        await encapsulator.CountsAsync("limits.hit{limit=resets-before-answer}", 1);
        await encapsulator.CountsAsync("sessions.retired.open", 1);
        await encapsulator.LoggedAsync("session-1 is retired: too many streams were reset before their answer");

        using var next = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var second = Own(Http2Peer.Accept(await door.AcceptAsync()));
        var asked = await second.NextAsync(SessionEventKind.HeadersReceived);
        second.Respond(asked.StreamId, endStream: false, (":status", "200"));
        await encapsulator.CountsAsync("tunnels.open", 2);
        foreach (var (peer, stream, application) in new[] { (terminator, answered, kept), (second, asked, next) })
        {
            peer.Send(stream.StreamId, [1, 2, 3], endStream: true);
            application.SendFin();
            await application.ExpectToEndAsync([1, 2, 3]);
        }

        Array.ForEach(applications, application => application.Dispose());
    }

    /// <summary>An encapsulator in front of a door that a story opens as a terminator.</summary>
    /// <param name="change">Of its listener.</param>
    /// <param name="answerTimeout">Where the story is to answer some in time, long enough for that on a busy machine.</param>
    private async Task<(StoryNode Encapsulator, Origin Door)> StartAsync(
        Func<TunnelListenerSettings, TunnelListenerSettings>? change = null, TimeSpan? answerTimeout = null)
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, door.Address)
            .WithTunnel(change ?? (listener => listener))
            .WithUpstream(upstream => upstream with { AnswerTimeout = answerTimeout ?? TimeSpan.FromMilliseconds(300) })));
        return (encapsulator, door);
    }
}
