using ActorTunnel.Http2.Streams;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Streams;

public sealed class ReceiveWindowTests
{
    [Fact]
    public void Small_repayments_are_announced_together_at_a_quarter_of_the_window()
    {
        var window = new ReceiveWindow(1_000);
        Assert.True(window.TryConsume(600));

        Assert.Equal(0, window.Repay(100));
        Assert.Equal(0, window.Repay(149));
        Assert.Equal(250, window.Repay(1));
        Assert.Equal(650, window.Announced);
    }

    [Fact]
    public void More_than_was_announced_is_refused()
    {
        var window = new ReceiveWindow(1_000);

        Assert.False(window.TryConsume(1_001));
        Assert.True(window.TryConsume(1_000));
        Assert.False(window.TryConsume(1));
        Assert.True(window.TryConsume(0));
    }

    [Fact]
    public void A_window_made_smaller_goes_below_zero_and_comes_back_by_repayment()
    {
        var window = new ReceiveWindow(65_535);
        Assert.True(window.TryConsume(60_000));

        Assert.Equal(0, window.Retarget(1_000));
        Assert.Equal(1_000 - 60_000, window.Announced);
        Assert.Equal(59_500, window.Repay(59_500));
        Assert.Equal(500, window.Announced);
    }

    [Fact]
    public void A_repayment_that_waited_is_announced_when_the_window_is_made_smaller()
    {
        // Everything is repaid, so no later repayment would announce it, and the peer would wait for ever.
        var window = new ReceiveWindow(65_535);
        Assert.True(window.TryConsume(15_000));
        Assert.Equal(0, window.Repay(15_000));

        Assert.Equal(15_000, window.Retarget(1_000));
        Assert.Equal(1_000, window.Announced);
    }

    [Fact]
    public void A_wider_window_is_announced_with_the_next_repayment_that_is_worth_it()
    {
        var window = new ReceiveWindow(1_000);
        Assert.True(window.TryConsume(600));
        window.Aim(5_000);

        Assert.Equal(0, window.Repay(249));
        Assert.Equal(4_250, window.Repay(1));
        Assert.Equal((5_000, 4_650), (window.Target, window.Announced));
    }

    [Fact]
    public void A_narrower_window_keeps_repayments_back_until_it_is_there()
    {
        var window = new ReceiveWindow(10_000);
        Assert.True(window.TryConsume(10_000));
        window.Aim(4_000);

        Assert.Equal(0, window.Repay(5_000));
        Assert.Equal(5_000, window.Target);
        Assert.Equal(1_000, window.Repay(2_000));
        Assert.Equal(3_000, window.Repay(3_000));
        Assert.Equal((4_000, 4_000), (window.Target, window.Announced));
    }

    [Fact]
    public void After_any_history_the_window_is_exactly_back() =>
        Gen.Select(Gen.Int[1, 300_000], Gen.Int[1, 300_000], Gen.Int[0, 100_000].Array[1, 60], Gen.Int[0, 60], Gen.Int[1, 600_000].Array[60]).Sample(
            (first, second, lengths, retargetAt, goals) =>
            {
                var window = new ReceiveWindow(first);
                var peer = (long)first;
                var unpaid = 0;
                for (var i = 0; i < lengths.Length; i++)
                {
                    if (i == retargetAt)
                    {
                        peer += second - first;
                        peer += window.Retarget(second);
                    }

                    if (i > retargetAt && goals[i] % 3 == 0)
                    {
                        window.Aim(goals[i]);
                    }

                    if (window.TryConsume(lengths[i]))
                    {
                        peer -= lengths[i];
                        unpaid += lengths[i];
                    }

                    var repaid = unpaid / 3;
                    unpaid -= repaid;
                    peer += window.Repay(repaid);
                    Assert.Equal(window.Target, window.Announced + window.Unannounced + unpaid);
                    Assert.Equal(peer, window.Announced);
                }

                peer += window.Repay(unpaid);
                Assert.Equal(peer, window.Announced);
                Assert.Equal(window.Target, window.Announced + window.Unannounced);
                Assert.True(window.Unannounced < Math.Max(1, window.Target / 4));
            });
}
