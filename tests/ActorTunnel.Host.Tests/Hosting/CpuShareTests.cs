using ActorTunnel.Host.Hosting;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

public sealed class CpuShareTests
{
    private readonly FakeTimeProvider _time = new();
    private TimeSpan _used = TimeSpan.FromHours(3);

    [Theory]
    [InlineData(1, 1_000, 0.5, 0.5)]
    [InlineData(2, 1_000, 0.5, 0.25)]
    [InlineData(4, 2_000, 8, 1)]
    [InlineData(4, 2_000, 0, 0)]
    public void It_is_the_time_used_since_the_last_reading_over_wall_time_and_processors(int processors, int elapsed, double used, double share)
    {
        var cpu = Create(processors);

        Pass(TimeSpan.FromMilliseconds(elapsed), TimeSpan.FromSeconds(used));

        Assert.Equal(share, cpu.Read(), 6);
    }

    [Fact]
    public void Only_the_time_since_the_last_reading_counts()
    {
        var cpu = Create(1);
        Pass(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        Assert.Equal(1, cpu.Read(), 6);

        Pass(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.1));

        Assert.Equal(0.1, cpu.Read(), 6);
    }

    [Fact]
    public void Two_readings_at_once_are_the_same_and_the_second_takes_nothing_from_the_next_one()
    {
        var cpu = Create(1);
        Pass(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5));
        Assert.Equal(0.5, cpu.Read(), 6);

        Pass(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));
        Assert.Equal(0.5, cpu.Read(), 6);
        Pass(TimeSpan.FromMilliseconds(900), TimeSpan.FromMilliseconds(100));

        Assert.Equal(0.2, cpu.Read(), 6);
    }

    [Fact]
    public void A_process_that_works_on_one_thread_uses_a_share_of_the_machine()
    {
        var cpu = CpuShare.OfThisProcess(TimeProvider.System);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromMilliseconds(600))
        {
            Thread.SpinWait(1_000);
        }

        // Other tests run beside it, and other processes take time from it.
        Assert.InRange(cpu.Read(), 0.1 / Environment.ProcessorCount, 1);
    }

    private CpuShare Create(int processors) => new(_time, () => _used, processors);

    private void Pass(TimeSpan wall, TimeSpan used)
    {
        _time.Advance(wall);
        _used += used;
    }
}
