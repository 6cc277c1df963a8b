using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A terminator whose kernel takes connections and whose process does nothing with them.</summary>
public sealed class HungTerminators : Story
{
    /// <summary>Three times the patience of a story.</summary>
    private static readonly TimeSpan Endless = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task No_tunnel_waits_for_the_handshake_of_one_that_failed_before_while_another_is_up()
    {
        var hung = Own(Origin.Start());
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Tls)));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Tls, hung.Address, terminator.AddressOf("connect-in"))
            .WithUpstream(upstream => upstream with { Http2 = upstream.Http2 with { HandshakeTimeout = Endless } })));
        using var tunnels = new OpenTunnels(encapsulator.AddressOf("tunnel-in"), origin);
        var first = tunnels.OpenAsync(1);
        (await hung.AcceptAsync()).Reset();
        await first;

        using var dialledAgain = await hung.AcceptAsync();

        await tunnels.OpenAsync(4);
    }

    [Fact]
    public async Task One_that_is_the_only_one_is_waited_for()
    {
        var door = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, door.Address)));
        using var applications = new Applications(encapsulator.AddressOf("tunnel-in"));
        await applications.ConnectAsync(1);
        (await door.AcceptAsync()).Reset();
        await encapsulator.NextAccessAsync(); // There was no other to go to.

        var again = await door.AcceptAsync();
        using var next = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        await encapsulator.HasWaitingAsync(1);
        var terminator = Own(Http2Peer.Accept(again));

        var asked = await terminator.NextAsync(Http2.Session.SessionEventKind.HeadersReceived);
        terminator.Respond(asked.StreamId, endStream: false, (":status", "200"));
        terminator.Send(asked.StreamId, [1, 2, 3], endStream: true);
        next.SendFin();
        await next.ExpectToEndAsync([1, 2, 3]);
    }
}
