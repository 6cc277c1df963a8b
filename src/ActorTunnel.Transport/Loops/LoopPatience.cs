namespace ActorTunnel.Transport.Loops;

/// <summary>
/// Whether a loop that has nothing to do asks the system again and again, or sleeps at once. A sleeping thread, and often its processor with it, needs some ten microseconds to wake up, so
/// asking pays where the next event is near: it asks while its waits have lately been shorter than it would ask. One thread's own.
/// </summary>
/// <param name="limit">How long it asks in one wait; zero: never.</param>
/// <param name="time">The clock.</param>
internal sealed class LoopPatience(TimeSpan limit, TimeProvider time)
{
    /// <summary>Of the average, a new wait is the eighth part.</summary>
    private const int Weight = 8;

    private readonly long _limit = (long)(limit.TotalSeconds * time.TimestampFrequency);
    private long _average;
    private long _began;

    /// <summary>Whether it goes on to ask in the wait that has begun.</summary>
    public bool Asks => _average < _limit && time.GetTimestamp() - _began < _limit;

    /// <summary>There is nothing to do.</summary>
    public void Begin() => _began = time.GetTimestamp();

    /// <summary>There is again. One long wait is enough to sleep at once in the next one, and a few short ones to ask again.</summary>
    public void End() => _average += (Math.Min(time.GetTimestamp() - _began, Weight * _limit) - _average) / Weight;
}
