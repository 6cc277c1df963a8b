using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios;

/// <summary>A direction that ended cleanly is delivered whole, whatever happens to the other one behind that.</summary>
public sealed class EndsDelivered : Story
{
    private const int Length = 4 * 1024 * 1024;
    private const int Last = 1_000_000; // Not read before the reset: more than windows and buffers behind the first node hold.
    private const int SmallBuffer = 16 * 1024;
    private const int LastOnStream = 128 * 1024; // Less than a stream's window.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);
    private static readonly TunnelSettings Patient = new() { EndDeliveryTimeout = Eventually.Patience }; // A busy machine reads slowly.
    private static readonly byte[] Sent = new BlockPayload(1, TunnelDirection.ToOrigin).Bytes(0, Length);

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public Task Four_MiB_sent_and_ended_right_before_the_other_direction_is_reset_arrive_whole(Security security, bool applicationSends) =>
        SendEndAndResetAsync(security, applicationSends, otherDirectionIsBusy: false);

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public Task Four_MiB_arrive_whole_also_when_the_other_direction_was_sending_as_it_was_reset(Security security, bool applicationSends) =>
        SendEndAndResetAsync(security, applicationSends, otherDirectionIsBusy: true);

    [Fact]
    public async Task END_STREAM_behind_4_MiB_and_a_reset_at_once_are_a_clean_end_for_the_origin()
    {
        var origin = Own(Origin.Start());
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext)));
        var client = Own(await Http2Peer.ConnectAsync(terminator.AddressOf("connect-in")));
        var stream = client.Open(endStream: false, (":method", "CONNECT"), (":authority", "host.com:443"));
        using var far = await origin.AcceptAsync();
        await client.NextAsync(SessionEventKind.HeadersReceived);

        await SendEndAndResetStreamAsync(client, stream, far);
    }

    [Fact]
    public async Task END_STREAM_behind_4_MiB_and_a_reset_at_once_are_a_clean_end_for_the_application()
    {
        var listener = Own(Origin.Start());
        var encapsulator = Own(await StoryNode.StartAsync(StorySettings.Encapsulator(Security.Cleartext, listener.Address)));
        using var application = await Peer.ConnectAsync(encapsulator.AddressOf("tunnel-in"));
        var server = Own(Http2Peer.Accept(await listener.AcceptAsync()));
        var stream = (await server.NextAsync(SessionEventKind.HeadersReceived)).StreamId;
        server.Respond(stream, endStream: false, (":status", "200"));

        await SendEndAndResetStreamAsync(server, stream, application);
    }

    private async Task SendEndAndResetAsync(Security security, bool applicationSends, bool otherDirectionIsBusy)
    {
        var origin = Own(Origin.Start(applicationSends ? SmallBuffer : 0));
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            security,
            node => node.WithTunnel(listener => listener with { Tunnel = Patient }),
            node => node.WithConnect(listener => listener with { Tunnel = Patient })));
        using var application = await Peer.ConnectAsync(topology.Entrance, applicationSends ? 0 : SmallBuffer);
        using var far = await origin.AcceptAsync();
        var (sender, reader) = applicationSends ? (application, far) : (far, application);
        if (otherDirectionIsBusy)
        {
            await reader.SendUntilStuckAsync(Silence); // Nobody reads it, so a write is under way when the reset comes.
        }

        var sending = sender.SendAsync(Sent);
        Assert.Equal(Sent[..^Last], await reader.ReceiveAsync(Length - Last));
        await sending.InTime();
        sender.SendFin();
        await Eventually.TrueAsync(sender.Socket.FinIsAcknowledged, () => "the node's kernel did not take all bytes");
        sender.Reset();

        await reader.ExpectToEndAsync(Sent[^Last..]);
    }

    private static async Task SendEndAndResetStreamAsync(Http2Peer peer, int stream, Peer reader)
    {
        peer.Send(stream, Sent[..^LastOnStream], endStream: false);
        Assert.Equal(Sent[..^LastOnStream], await reader.ReceiveAsync(Length - LastOnStream));
        await peer.HasWindowAsync(stream, LastOnStream); // What waits for a window is dropped by a reset.

        peer.Send(stream, Sent[^LastOnStream..], endStream: true, thenReset: ErrorCode.Cancel);

        await reader.ExpectToEndAsync(Sent[^LastOnStream..]);
    }
}
