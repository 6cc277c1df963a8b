using ActorTunnel.Transport.Loops;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Transport.Tests.Loops;

/// <summary>Whether a loop asks or sleeps.</summary>
public sealed class LoopPatienceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LoopPatience _patience;

    public LoopPatienceTests()
    {
        _patience = new LoopPatience(TimeSpan.FromMicroseconds(100), _time);
    }

    [Fact]
    public void It_asks_until_its_limit_and_then_no_more()
    {
        _patience.Begin();
        Assert.True(_patience.Asks);
        Pass(99);
        Assert.True(_patience.Asks);
        Pass(1);
        Assert.False(_patience.Asks);
    }

    [Fact]
    public void After_a_long_wait_it_sleeps_at_once_until_there_were_some_short_ones()
    {
        Wait(1_000_000);
        Assert.False(AsksAtFirst());

        var shortWaits = 0;
        while (!AsksAtFirst())
        {
            Wait(10);
            shortWaits++;
        }

        Assert.InRange(shortWaits, 1, 20);
    }

    [Fact]
    public void Waits_of_less_than_its_limit_keep_it_asking()
    {
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(AsksAtFirst());
            Wait(90);
        }
    }

    [Fact]
    public void Waits_of_more_than_its_limit_make_it_sleep_at_once_for_good()
    {
        for (var i = 0; i < 20; i++)
        {
            Wait(110);
        }

        for (var i = 0; i < 1_000; i++)
        {
            Wait(110);
            Assert.False(AsksAtFirst());
        }
    }

    [Fact]
    public void Without_a_limit_it_never_asks()
    {
        var none = new LoopPatience(TimeSpan.Zero, _time);
        none.Begin();
        Assert.False(none.Asks);
        none.End();
        none.Begin();
        Assert.False(none.Asks);
    }

    private bool AsksAtFirst()
    {
        _patience.Begin();
        return _patience.Asks;
    }

    private void Wait(int microseconds)
    {
        _patience.Begin();
        Pass(microseconds);
        _patience.End();
    }

    private void Pass(int microseconds) => _time.Advance(TimeSpan.FromMicroseconds(microseconds));
}
