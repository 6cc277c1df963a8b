using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

public sealed class TokenBucketTests
{
    [Fact]
    public void A_burst_is_let_through_and_no_more()
    {
        var bucket = new TokenBucket(burst: 3, perSecond: 2);
        Assert.Equal(3, Taken(bucket, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(0.4, 0)]
    [InlineData(0.5, 1)]
    [InlineData(1.2, 2)]
    [InlineData(1000, 3)]
    public void What_was_taken_comes_back_with_time_up_to_the_burst(double seconds, int expected)
    {
        var bucket = new TokenBucket(burst: 3, perSecond: 2);
        Taken(bucket, TimeSpan.FromSeconds(7));
        Assert.Equal(expected, Taken(bucket, TimeSpan.FromSeconds(7 + seconds)));
    }

    [Fact]
    public void Parts_of_a_token_add_up()
    {
        var bucket = new TokenBucket(burst: 1, perSecond: 1);
        Assert.True(bucket.TryTake(TimeSpan.Zero));
        Assert.Equal([false, false, false, true], Enumerable.Range(1, 4).Select(i => bucket.TryTake(TimeSpan.FromSeconds(i * 0.25))));
    }

    [Fact]
    public void A_time_that_goes_back_gives_nothing()
    {
        var bucket = new TokenBucket(burst: 1, perSecond: 1);
        Assert.True(bucket.TryTake(TimeSpan.FromSeconds(5)));
        Assert.False(bucket.TryTake(TimeSpan.FromSeconds(1)));
        Assert.False(bucket.TryTake(TimeSpan.FromSeconds(5.5)));
        Assert.True(bucket.TryTake(TimeSpan.FromSeconds(6)));
    }

    private static int Taken(TokenBucket bucket, TimeSpan now)
    {
        var count = 0;
        while (bucket.TryTake(now))
        {
            count++;
        }

        return count;
    }
}
