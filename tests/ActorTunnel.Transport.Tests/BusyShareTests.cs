using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Transport.Tests;

/// <summary>How busy something was lately.</summary>
public sealed class BusyShareTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly BusyShare _share;

    public BusyShareTests()
    {
        _share = new BusyShare(_time);
    }

    [Fact]
    public void It_is_the_busy_part_of_the_last_window()
    {
        Be(busy: 30, calm: 50);
        Be(busy: 0, calm: 10);
        Be(busy: 10, calm: 0);
        Assert.Equal(0.4, _share.Share, 3);

        Be(busy: 100, calm: 0);
        Assert.Equal(1, _share.Share, 3);
        Be(busy: 1, calm: 98);
        Assert.Equal(1, _share.Share, 3); // That window is not over.
        Be(busy: 1, calm: 0);
        Assert.Equal(0.02, _share.Share, 3);
    }

    [Fact]
    public void It_is_nothing_when_nothing_began_for_a_second_and_all_when_nothing_ended_for_one()
    {
        Be(busy: 60, calm: 0);
        Be(busy: 60, calm: 0);
        Assert.Equal(1, _share.Share, 3);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _share.Share);

        _share.Begin();
        Assert.Equal(0, _share.Share); // It has only begun.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _share.Share);
    }

    [Fact]
    public void Who_begins_or_ends_twice_changes_nothing()
    {
        _share.End();
        _share.Begin();
        _time.Advance(TimeSpan.FromMilliseconds(20));
        _share.Begin();
        _time.Advance(TimeSpan.FromMilliseconds(20));
        _share.End();
        _time.Advance(TimeSpan.FromMilliseconds(60));
        _share.End();
        Be(busy: 0, calm: 0);

        Assert.Equal(0.4, _share.Share, 3);
    }

    private void Be(int busy, int calm)
    {
        _share.Begin();
        _time.Advance(TimeSpan.FromMilliseconds(busy));
        _share.End();
        _time.Advance(TimeSpan.FromMilliseconds(calm));
    }
}
