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

    /// <summary>What a thread gave back last is in its core's cache: so many blocks wait there for it.</summary>
    private const int HotBlocks = 8;

    [ThreadStatic]
    private static HotStack? _hot;

    private readonly Lock _gate = new();
    private readonly Stack<Block> _idle = new();
    private readonly int _maxIdle;
    private long _rented;
    private long _returned;

    /// <param name="maxIdle">How many blocks are kept for reuse by any thread, besides a few for each; what comes back beyond it is left to the garbage collector.</param>
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
        if (_hot is not { } hot || hot.Pool != this || !hot.TryPop(out var block))
        {
            lock (_gate)
            {
                _idle.TryPop(out block);
            }
        }

        block ??= new Block(this, BlockSize);
        block.Lend();
        return block;
    }

    internal void Return(Block block)
    {
        Interlocked.Increment(ref _returned);
        if (_hot is not { } hot || hot.Pool != this)
        {
            _hot = hot = new HotStack(this); // What the thread kept of another pool is left to the garbage collector.
        }

        if (hot.TryPush(block))
        {
            return;
        }

        lock (_gate)
        {
            if (_idle.Count < _maxIdle)
            {
                _idle.Push(block);
            }
        }
    }

    /// <summary>The blocks that one thread gave back last.</summary>
    private sealed class HotStack(BufferPool pool)
    {
        private readonly Block?[] _blocks = new Block?[HotBlocks];
        private int _count;

        public BufferPool Pool => pool;

        public bool TryPush(Block block)
        {
            if (_count == _blocks.Length)
            {
                return false;
            }

            _blocks[_count++] = block;
            return true;
        }

        public bool TryPop(out Block? block)
        {
            block = null;
            if (_count == 0)
            {
                return false;
            }

            block = _blocks[--_count];
            _blocks[_count] = null;
            return true;
        }
    }
}
