using System.Collections.Concurrent;

namespace ActorTunnel.Http2.Buffers;

/// <summary>
/// Lends <see cref="Block"/>s of one size and counts them, so that a test can assert that all came back and the process
/// knows how much memory its buffers take. Safe for any number of threads.
/// </summary>
public sealed class BufferPool
{
    /// <summary>
    /// Bytes a block, 64 KiB: one read of this size, a frame header in front included, makes exactly four full TLS records.
    /// </summary>
    public const int BlockSize = 64 * 1024;

    private readonly ConcurrentQueue<Block> _idle = new();
    private readonly int _maxIdle;
    private int _idleCount;
    private long _rented;
    private long _returned;

    /// <param name="maxIdle">How many blocks are kept for reuse; what comes back beyond it is left to the garbage collector.</param>
    public BufferPool(int maxIdle = 512)
    {
        _maxIdle = maxIdle;
    }

    /// <summary>How often a block was lent since the start.</summary>
    public long Rented => Volatile.Read(ref _rented);

    /// <summary>How often a block came back since the start.</summary>
    public long Returned => Volatile.Read(ref _returned);

    /// <summary>Bytes lent at this moment.</summary>
    public long OutstandingBytes => (Rented - Returned) * BlockSize;

    /// <summary>A block with one reference, which the caller owns. Its bytes are not cleared.</summary>
    public Block Rent()
    {
        Interlocked.Increment(ref _rented);
        if (_idle.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref _idleCount);
        }
        else
        {
            block = new Block(this, BlockSize);
        }

        block.Lend();
        return block;
    }

    internal void Return(Block block)
    {
        Interlocked.Increment(ref _returned);
        if (Interlocked.Increment(ref _idleCount) <= _maxIdle)
        {
            _idle.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _idleCount);
        }
    }
}
