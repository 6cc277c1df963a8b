using System.Numerics;

namespace ActorTunnel.Benchmarks.Harness.Statistics;

/// <summary>Counts times in buckets that are at most 0.8 % wide, from 1 ns on, without an allocation for each.</summary>
internal sealed class LatencyHistogram
{
    private const int Bits = 7;
    private const int PerPower = 1 << Bits;

    private readonly long[] _counts = new long[(64 - Bits) * PerPower + PerPower];

    public long Count { get; private set; }

    public void Add(TimeSpan time) => AddNanoseconds(time.Ticks * TimeSpan.NanosecondsPerTick);

    public void AddNanoseconds(long nanoseconds)
    {
        _counts[IndexOf(Math.Max(0, nanoseconds))]++;
        Count++;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>The time that this share of all did not exceed, in microseconds: the nearest rank, as the middle of its bucket. NaN where there are none.</summary>
    /// <param name="share">0.5 is the median.</param>
    public double Microseconds(double share)
    {
        if (Count == 0)
        {
            return double.NaN;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var index = 0;
        for (long before = 0; (before += _counts[index]) < rank;)
        {
            index++;
        }

        return MiddleOf(index) / 1000;
    }

    private static int IndexOf(long value)
    {
        var power = Math.Max(0, BitOperations.Log2((ulong)value) - Bits);
        return (power * PerPower) + (int)(value >> power);
    }

    private static double MiddleOf(int index)
    {
        var power = Math.Max(0, (index / PerPower) - 1);
        return ((index - (power * PerPower)) * Math.Pow(2, power)) + ((Math.Pow(2, power) - 1) / 2);
    }
}
