using ActorTunnel.Http2.Streams;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Streams;

/// <summary>RFC 9113 §6.9: window arithmetic.</summary>
public sealed class FlowWindowTests
{
    [Fact]
    public void A_window_never_passes_its_maximum()
    {
        var window = new FlowWindow(1);

        Assert.True(window.TryMove(int.MaxValue - 1));
        Assert.False(window.TryMove(1));
        Assert.Equal(int.MaxValue, window.Value);
    }

    [Fact]
    public void A_window_may_become_negative_and_then_lets_nothing_through_but_an_empty_frame()
    {
        var window = new FlowWindow(100);
        Assert.True(window.TryConsume(80));
        Assert.True(window.TryMove(-100));

        Assert.Equal(-80, window.Value);
        Assert.Equal(0, window.Available);
        Assert.False(window.TryConsume(1));
        Assert.True(window.TryConsume(0));
        Assert.True(window.TryMove(81));
        Assert.True(window.TryConsume(1));
    }

    [Fact]
    public void The_value_is_the_sum_of_all_that_was_allowed() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[-70_000, int.MaxValue].Array[0, 30]).Sample((initial, moves) =>
        {
            var window = new FlowWindow(initial);
            long expected = initial;
            foreach (var move in moves)
            {
                if (window.TryMove(move))
                {
                    expected += move;
                }
                else
                {
                    Assert.True(expected + move > int.MaxValue);
                }

                var half = (int)Math.Max(0, expected / 2);
                Assert.True(window.TryConsume(half));
                expected -= half;
                Assert.Equal(expected, window.Value);
            }
        });

    [Fact]
    public void More_than_the_window_is_not_sent()
    {
        var window = new SendWindow(10);
        window.Consume(10);

        Assert.Throws<InvalidOperationException>(() => window.Consume(1));
    }
}
