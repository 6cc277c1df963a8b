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
}
