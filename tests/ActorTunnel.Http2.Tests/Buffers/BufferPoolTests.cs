using ActorTunnel.Http2.Buffers;
using Xunit;

namespace ActorTunnel.Http2.Tests.Buffers;

/// <summary>What is lent again, and to whom.</summary>
public sealed class BufferPoolTests
{
    [Fact]
    public void A_thread_gets_what_it_gave_back_last()
    {
        var pool = new BufferPool();
        var blocks = Enumerable.Range(0, 3).Select(_ => pool.Rent()).ToList();
        blocks.ForEach(static block => block.Release());

        Assert.Equal([blocks[2], blocks[1], blocks[0]], Enumerable.Range(0, 3).Select(_ => pool.Rent()));
    }

    [Fact]
    public void What_a_thread_gives_back_beyond_a_few_serves_the_others()
    {
        var pool = new BufferPool();
        var blocks = Enumerable.Range(0, 100).Select(_ => pool.Rent()).ToHashSet();
        foreach (var block in blocks)
        {
            block.Release();
        }

        var elsewhere = OnAnotherThread(() => Enumerable.Range(0, 90).Select(_ => pool.Rent()).ToList());

        Assert.Superset(elsewhere.ToHashSet(), blocks);
    }

    [Fact]
    public void What_a_thread_keeps_of_one_pool_is_never_lent_by_another()
    {
        var first = new BufferPool();
        var second = new BufferPool();
        var block = first.Rent();
        block.Release();

        Assert.NotSame(block, second.Rent());
    }

    [Fact]
    public void No_more_than_the_limit_is_kept_besides()
    {
        var pool = new BufferPool(maxIdle: 2);
        var blocks = Enumerable.Range(0, 50).Select(_ => pool.Rent()).ToHashSet();
        foreach (var block in blocks)
        {
            block.Release();
        }

        var elsewhere = OnAnotherThread(() => Enumerable.Range(0, 50).Select(_ => pool.Rent()).Count(blocks.Contains));

        Assert.Equal(2, elsewhere);
        Assert.Equal((100, 50), (pool.Rented, pool.Returned));
    }

    private static T OnAnotherThread<T>(Func<T> function)
    {
        var result = default(T);
        var thread = new Thread(() => result = function());
        thread.Start();
        thread.Join();
        return result!;
    }
}
