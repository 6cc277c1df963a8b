using ActorTunnel.Benchmarks.Harness.Links;
using CsCheck;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>When bytes leave and arrive.</summary>
public sealed class LinkScheduleTests
{
    private const double Rate = 8_000_000; // A byte each microsecond.
    private static readonly TimeSpan Delay = Milliseconds(25);
    private static readonly TimeSpan Queue = Milliseconds(5);

    [Fact]
    public void Bytes_on_an_empty_link_arrive_after_their_own_time_and_the_delay() => Assert.Equal(Milliseconds(10 + 1 + 25), Link().Take(Milliseconds(10), 1000));

    [Fact]
    public void Bytes_wait_for_those_before_them()
    {
        var link = Link();
        link.Take(Milliseconds(10), 1000);

        Assert.Equal(Milliseconds(12 + 25), link.Take(Milliseconds(10.5), 1000));
        Assert.Equal(Milliseconds(51 + 25), link.Take(Milliseconds(50), 1000));
    }

    [Fact]
    public void There_is_room_until_more_waits_than_the_queue_holds()
    {
        var link = Link();
        Assert.Equal(TimeSpan.Zero, link.RoomAt(TimeSpan.Zero));

        link.Take(TimeSpan.Zero, 5000);
        Assert.Equal(TimeSpan.Zero, link.RoomAt(TimeSpan.Zero));

        link.Take(TimeSpan.Zero, 2000);
        Assert.Equal(Milliseconds(2), link.RoomAt(TimeSpan.Zero));
        Assert.Equal(Milliseconds(9), link.RoomAt(Milliseconds(9)));
    }

    [Fact]
    public void Bytes_never_overtake_and_never_exceed_the_rate() =>
        Gen.Select(Gen.Int[0, 10_000], Gen.Int[1, 65_536]).Array[1, 100].Sample(steps =>
        {
            var link = Link();
            var (now, last, first, total) = (TimeSpan.Zero, TimeSpan.Zero, Milliseconds(steps[0].Item1 / 1000.0), 0L);
            foreach (var (wait, count) in steps)
            {
                now += Milliseconds(wait / 1000.0);
                var arrival = link.Take(now, count);
                total += count;

                Assert.True(arrival > last);
                Assert.True(arrival >= now + Delay);
                Assert.True(total <= (arrival - Delay - first).TotalMicroseconds);
                last = arrival;
            }
        });

    private static LinkSchedule Link() => new(Delay, Rate, Queue);

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMicroseconds(count * 1000);
}
