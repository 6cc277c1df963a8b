using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.TestSupport.Bytes;

/// <summary>Bytes as pooled slices and back.</summary>
public static class PoolBytes
{
    /// <summary>Largest slice with <see cref="Headroom"/> in a block.</summary>
    public const int MaxSlice = BufferPool.BlockSize - Headroom;

    /// <summary>Bytes left free in front of a slice, as the socket's stage does.</summary>
    public const int Headroom = 9;

    /// <summary>A slice in a block of its own; at most <see cref="MaxSlice"/> bytes.</summary>
    public static Slice Slice(this BufferPool pool, ReadOnlySpan<byte> bytes)
    {
        var block = pool.Rent();
        bytes.CopyTo(block.Array.AsSpan(Headroom));
        return block.AsSlice(Headroom, bytes.Length);
    }

    /// <summary>Slices of at most <paramref name="largest"/> bytes, each in a block of its own.</summary>
    public static SliceQueue Slices(this BufferPool pool, ReadOnlySpan<byte> bytes, int largest = MaxSlice)
    {
        var queue = new SliceQueue();
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, largest);
            queue.Enqueue(pool.Slice(bytes[..count]));
            bytes = bytes[count..];
        }

        return queue;
    }

    /// <summary>Slices of 1 to <paramref name="largest"/> bytes each that share blocks.</summary>
    public static SliceQueue Cut(this BufferPool pool, ReadOnlySpan<byte> bytes, Random random, int largest)
    {
        using var whole = pool.Slices(bytes);
        var queue = new SliceQueue();
        while (whole.TryDequeue(random.Next(1, largest + 1), out var slice))
        {
            queue.Enqueue(slice);
        }

        return queue;
    }

    /// <summary>Takes everything out, disposes it and returns the bytes.</summary>
    public static byte[] Drain(this SliceQueue queue)
    {
        var bytes = new byte[queue.Bytes];
        var at = 0;
        while (queue.TryDequeue(out var slice))
        {
            slice.Span.CopyTo(bytes.AsSpan(at));
            at += slice.Length;
            slice.Dispose();
        }

        return bytes;
    }
}
