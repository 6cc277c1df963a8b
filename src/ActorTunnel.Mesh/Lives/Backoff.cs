namespace ActorTunnel.Mesh.Lives;

/// <summary>How long to wait before the next life begins: doubled each time, with a jitter of a fifth, so that nodes that ended together do not come back together.</summary>
/// <param name="first">The first wait, and again after a life that lasted longer than <paramref name="longest"/>.</param>
/// <param name="longest">No wait is longer, the jitter aside.</param>
/// <param name="random">The jitter.</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    private const double Jitter = 0.2;

    private int _doublings;

    /// <param name="lasted">How long the life that has ended lasted; zero for one that could not begin.</param>
    public TimeSpan After(TimeSpan lasted)
    {
        _doublings = lasted > longest ? 0 : _doublings;
        var doubled = first * Math.Pow(2, _doublings);
        if (doubled < longest)
        {
            _doublings++;
        }

        var wait = doubled < longest ? doubled : longest;
        return wait * (1 + (Jitter * ((random.NextDouble() * 2) - 1)));
    }
}
