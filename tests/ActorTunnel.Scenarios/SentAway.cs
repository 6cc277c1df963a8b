using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>A terminator that takes each session and ends it before it has carried a tunnel.</summary>
public sealed class SentAway : Story
{
    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    private static readonly byte[] GoAway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>With backoff no more than five or six sessions are made in the time that a tunnel waits.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_dialled_with_backoff_and_the_tunnel_gives_up_at_its_deadline(bool withGoAway)
    {
        var sessions = 0;
        var door = Own(Origin.Start(async session =>
        {
            Interlocked.Increment(ref sessions);
            await session.SendAsync(withGoAway ? [.. Settings, .. GoAway] : Settings);
            session.SendFin();
            await session.ReceiveToEndAsync();
        }));
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings
            .Encapsulator(Security.Cleartext, door.Address)
            .WithUpstream(upstream => upstream with
            {
                ConnectTimeout = TimeSpan.FromSeconds(1),
                Http2 = upstream.Http2 with { HandshakeTimeout = TimeSpan.FromSeconds(1) },
            })));
        await Peer.ConnectToBeResetAsync(encapsulator.AddressOf("tunnel-in"));

        // Where a stream was opened before the end had come, the tunnel was lost with that session; else it never found one.
        Assert.Contains(
            (await encapsulator.NextAccessAsync()).FailureReason, new ConnectFailureReason?[] { ConnectFailureReason.NoHealthyEndpoint, ConnectFailureReason.SessionLost });
        Assert.InRange(sessions, 2, 12);
    }
}
