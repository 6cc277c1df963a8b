using ActorTunnel.Mesh.Lives;
using Xunit;

namespace ActorTunnel.Mesh.Tests.Lives;

public sealed class LifeBackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    [Fact]
    public void Waits_double_up_to_the_longest()
    {
        var backoff = new LifeBackoff(First, Longest, new FixedRandom(0.5));
        var waits = Enumerable.Range(0, 7).Select(_ => backoff.After(TimeSpan.Zero).TotalSeconds);
        Assert.Equal([0.5, 1, 2, 4, 8, 10, 10], waits);
    }

    [Fact]
    public void A_life_that_lasted_begins_again_with_the_first_wait()
    {
        var backoff = new LifeBackoff(First, Longest, new FixedRandom(0.5));
        backoff.After(TimeSpan.Zero);
        backoff.After(TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(2), backoff.After(Longest));
        Assert.Equal(First, backoff.After(Longest + TimeSpan.FromTicks(1)));
        Assert.Equal(First * 2, backoff.After(TimeSpan.Zero));
    }

    [Theory]
    [InlineData(0, 0.4)]
    [InlineData(1, 0.6)]
    public void The_jitter_is_a_fifth_either_way(double drawn, double seconds) =>
        Assert.Equal(seconds, new LifeBackoff(First, Longest, new FixedRandom(drawn)).After(TimeSpan.Zero).TotalSeconds, precision: 6);

    private sealed class FixedRandom(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
