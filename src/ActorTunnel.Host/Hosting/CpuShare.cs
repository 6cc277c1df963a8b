namespace ActorTunnel.Host.Hosting;

/// <summary>How much of the machine this process uses. Safe for any thread.</summary>
/// <param name="time">The clock.</param>
/// <param name="used">Processor time that the process has used since it began, by all its threads together.</param>
/// <param name="processors">Of the machine, or as many as the process may use; 1 or more.</param>
internal sealed class CpuShare(TimeProvider time, Func<TimeSpan> used, int processors)
{
    // The kernel counts in ticks of 10 ms; over less than some of them the share would be chance.
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private long _readAt = time.GetTimestamp();
    private TimeSpan _usedThen = used();
    private double _share;

    /// <summary>Of this process.</summary>
    public static CpuShare OfThisProcess(TimeProvider time) => new(time, () => Environment.CpuUsage.TotalTime, Environment.ProcessorCount);

    /// <summary>The share since the last reading, 0 to 1; the last one again where that was a moment ago.</summary>
    public double Read()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var elapsed = time.GetElapsedTime(_readAt, now);
            if (elapsed >= ShortestInterval)
            {
                var usedNow = used();
                _share = Math.Clamp((usedNow - _usedThen) / elapsed / processors, 0, 1);
                _usedThen = usedNow;
                _readAt = now;
            }

            return _share;
        }
    }
}
