using ActorTunnel.Proxy.Upstreams;

namespace ActorTunnel.Mesh.Lives;

/// <summary>How long to wait before the next life begins.</summary>
/// <param name="first">The first wait, and again after a life that lasted longer than <paramref name="longest"/>.</param>
/// <param name="longest">No wait is longer, the jitter aside.</param>
/// <param name="random">The jitter.</param>
internal sealed class LifeBackoff(TimeSpan first, TimeSpan longest, Random random)
{
    private int _before;

    /// <param name="lasted">How long the life that has ended lasted; zero for one that could not begin.</param>
    public TimeSpan After(TimeSpan lasted)
    {
        _before = lasted > longest ? 0 : _before;
        return Backoff.Wait(first, longest, _before++, random);
    }
}
