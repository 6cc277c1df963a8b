using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>Two sessions against each other, whatever they do and however their bytes are cut.</summary>
public sealed class SessionPairTests
{
    private static readonly Gen<SessionSettings> Settings =
        from window in Gen.OneOf(Gen.Int[1, 3_000], Gen.Int[3_000, 300_000])
        from budget in Gen.OneOf(Gen.Int[65_535, 100_000], Gen.Int[100_000, 2_000_000])
        from frame in Gen.Int[16_384, 100_000]
        select new SessionSettings { StreamWindow = window, ReceiveBudget = budget, MaxFrameSize = frame };

    [Fact]
    public void Every_stream_is_exact_and_all_windows_are_back() =>
        Gen.Select(Settings, Settings, Gen.Bool, Gen.Bool, Gen.Int, Gen.Int[0, 400]).Sample(
            (client, server, polite, timed, seed, acts) =>
            {
                using var pair = new SessionPair(new Random(seed), client, server, polite, timed);
                for (var i = 0; i < acts; i++)
                {
                    pair.Act();
                }

                pair.Settle();
                Assert.True(pair.Client.IsQuiet && pair.Server.IsQuiet);
                pair.Client.AssertWindowsAreBack();
                pair.Server.AssertWindowsAreBack();
                pair.Client.AssertNobodyWaits();
                pair.Server.AssertNobodyWaits();

                pair.Client.EndAll();
                pair.Server.EndAll();
                pair.Settle();
                pair.Client.AssertWindowsAreBack();
                pair.Server.AssertWindowsAreBack();
                Assert.Equal(0, pair.Client.Session.OpenStreams);
                Assert.Equal(0, pair.Server.Session.OpenStreams);
                foreach (var (id, tunnel) in pair.Client.Tunnels)
                {
                    Assert.Equal(StreamState.Closed, tunnel.Stream.State);
                    var other = pair.Server.Tunnels[id];
                    if (!tunnel.WasReset && !other.WasReset)
                    {
                        AssertComplete(tunnel, other);
                        AssertComplete(other, tunnel);
                    }
                }
            },
            iter: 300);

    /// <summary>A peer that pads, resets and pays no attention to anything but its windows.</summary>
    [Fact]
    public void Padding_and_resets_leave_all_windows_exactly_back() =>
        Gen.Select(Settings, Gen.Int, Gen.Int[1, 150]).Sample(
            (settings, seed, acts) =>
            {
                using var network = Network.Connected(SessionRole.Server, settings);
                var peer = new PaddingPeer(network, new Random(seed));
                for (var i = 0; i < acts; i++)
                {
                    peer.Act();
                }

                peer.AssertWindowsAreBack();
            },
            iter: 300);

    private static void AssertComplete(SessionPair.Tunnel from, SessionPair.Tunnel to)
    {
        Assert.True(from.EndSent);
        Assert.True(to.EndReceived);
        Assert.Equal(from.Sent, to.Received);
    }
}
