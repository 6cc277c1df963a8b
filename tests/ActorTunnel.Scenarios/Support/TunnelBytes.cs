using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// What counters say of bytes, against each other and against the bytes (I7). A node counts what it gave to its session and what its socket took, so on the way of
/// a direction nobody counts more than the one before him, and where each tunnel ended that direction cleanly, all count the same.
/// </summary>
internal static class TunnelBytes
{
    /// <summary>Of two nodes that had all their tunnels with each other, and have ended.</summary>
    public static void AssertAgreed(StoryNode encapsulator, StoryNode terminator)
    {
        AssertOrdered(
            "to the upstream",
            encapsulator.Tunnels.Concat(terminator.Tunnels).All(tunnel => tunnel.UpstreamEnd.Kind == TunnelEndKind.Clean),
            Sum(encapsulator, tunnel => tunnel.BytesToUpstream),
            Sum(terminator, tunnel => tunnel.BytesToUpstream));
        AssertOrdered(
            "to the downstream",
            encapsulator.Tunnels.Concat(terminator.Tunnels).All(tunnel => tunnel.DownstreamEnd.Kind == TunnelEndKind.Clean),
            Sum(terminator, tunnel => tunnel.BytesToDownstream),
            Sum(encapsulator, tunnel => tunnel.BytesToDownstream));
    }

    /// <summary>The same with the two ends of each tunnel, which are all that there were.</summary>
    public static void AssertAgreed(StoryNode encapsulator, StoryNode terminator, IReadOnlyCollection<Transfer> transfers)
    {
        AssertAgreed(encapsulator, terminator);
        AssertOrdered(
            "from applications to origins",
            clean: false,
            transfers.Sum(transfer => transfer.Application.BytesSent),
            Sum(encapsulator, tunnel => tunnel.BytesToUpstream),
            Sum(terminator, tunnel => tunnel.BytesToUpstream),
            transfers.Sum(transfer => transfer.Origin.BytesReceived));
        AssertOrdered(
            "from origins to applications",
            clean: false,
            transfers.Sum(transfer => transfer.Origin.BytesSent),
            Sum(terminator, tunnel => tunnel.BytesToDownstream),
            Sum(encapsulator, tunnel => tunnel.BytesToDownstream),
            transfers.Sum(transfer => transfer.Application.BytesReceived));
    }

    private static long Sum(StoryNode node, Func<AccessLogEntry, long> bytes) => node.Tunnels.Sum(bytes);

    private static void AssertOrdered(string way, bool clean, params long[] counts)
    {
        for (var i = 1; i < counts.Length; i++)
        {
            Assert.True(
                clean ? counts[i] == counts[i - 1] : counts[i] <= counts[i - 1], $"{way}, one after the other: {string.Join(", ", counts)}{(clean ? ", all clean" : "")}");
        }
    }
}
