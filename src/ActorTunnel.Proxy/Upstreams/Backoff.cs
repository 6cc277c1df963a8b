namespace ActorTunnel.Proxy.Upstreams;

/// <summary>How long somebody waits who has failed.</summary>
public static class Backoff
{
    /// <summary>The first wait, doubled each time up to the longest one, with a jitter of ± 20 %, so that those who failed together do not come back together.</summary>
    /// <param name="first">More than 0.</param>
    /// <param name="longest">The first or more. No wait is longer, the jitter aside.</param>
    /// <param name="before">How often somebody waited before, 0 or more.</param>
    /// <param name="random">Of the jitter.</param>
    public static TimeSpan Wait(TimeSpan first, TimeSpan longest, int before, Random random)
    {
        var factor = Math.Pow(2, Math.Min(before, 30));
        var wait = TimeSpan.FromTicks((long)Math.Min(first.Ticks * factor, longest.Ticks));
        return wait * (0.8 + (0.4 * random.NextDouble()));
    }
}
