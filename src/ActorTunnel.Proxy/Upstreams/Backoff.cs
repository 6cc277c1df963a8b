using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>How long somebody waits who has failed.</summary>
internal static class Backoff
{
    /// <summary>The upstream's first wait, doubled each time up to its longest one, with jitter of ± 20 %.</summary>
    /// <param name="upstream">The upstream.</param>
    /// <param name="before">How often somebody waited before, 0 or more.</param>
    /// <param name="random">Of the jitter.</param>
    public static TimeSpan Wait(UpstreamSettings upstream, int before, Random random)
    {
        var factor = Math.Pow(2, Math.Min(before, 30));
        var wait = TimeSpan.FromTicks((long)Math.Min(upstream.MinBackoff.Ticks * factor, upstream.MaxBackoff.Ticks));
        return wait * (0.8 + (0.4 * random.NextDouble()));
    }
}
