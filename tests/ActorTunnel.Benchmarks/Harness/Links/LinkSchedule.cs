namespace ActorTunnel.Benchmarks.Harness.Links;

/// <summary>
/// One direction of a link: bytes leave one after the other at its rate, and arrive its delay later. What may wait to leave is bounded, as the queue of a
/// router is. Knows no clock: times are given, from any beginning, and never go back.
/// </summary>
/// <param name="delay">From the last bit that leaves to its arrival.</param>
/// <param name="bitsPerSecond">The rate.</param>
/// <param name="queue">How long the bytes that wait may take to leave.</param>
internal sealed class LinkSchedule(TimeSpan delay, double bitsPerSecond, TimeSpan queue)
{
    private TimeSpan _freeAt = TimeSpan.MinValue;

    /// <summary>When there will be room for bytes; not later than <paramref name="now"/> where there is.</summary>
    public TimeSpan RoomAt(TimeSpan now) => _freeAt < now ? now : _freeAt - queue;

    /// <summary>Puts bytes behind all others, whether there is room or not. Returns when they arrive.</summary>
    public TimeSpan Take(TimeSpan now, int bytes)
    {
        var begin = _freeAt < now ? now : _freeAt;
        _freeAt = begin + TimeSpan.FromTicks((long)Math.Ceiling(bytes * 8.0 * TimeSpan.TicksPerSecond / bitsPerSecond));
        return _freeAt + delay;
    }
}
