namespace ActorTunnel.Http2.Buffers;

/// <summary>
/// A range of a <see cref="Block"/> together with one reference to it. One owner at a time: whoever holds a slice disposes it
/// or hands it on, and does not touch it afterwards. A copy of the struct is not a second reference.
/// </summary>
public readonly struct Slice : IDisposable
{
    private readonly Block? _block;

    internal Slice(Block block, int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, block.Size);
        _block = block;
        Start = start;
        Length = length;
    }

    /// <summary>A slice of no bytes that owns nothing.</summary>
    public static Slice Empty => default;

    /// <summary>A copy of at most <see cref="BufferPool.BlockSize"/> bytes, in a block of its own; nothing is rented for none.</summary>
    public static Slice Copy(BufferPool pool, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, BufferPool.BlockSize);
        var block = pool.Rent();
        bytes.CopyTo(block.Array);
        return block.AsSlice(0, bytes.Length);
    }

    /// <summary>Where the range begins in its block, which is also how many bytes lie in front of it.</summary>
    public int Start { get; }

    /// <summary>Bytes in the range.</summary>
    public int Length { get; }

    /// <summary>Whether the range has no bytes.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The block, or null for <see cref="Empty"/>.</summary>
    public Block? Block => _block;

    /// <summary>The bytes, for the length of a call.</summary>
    public Span<byte> Span => _block is null ? default : _block.Array.AsSpan(Start, Length);

    /// <summary>The bytes, for an operation that ends before the slice is disposed.</summary>
    public Memory<byte> Memory => _block is null ? default : _block.Array.AsMemory(Start, Length);

    /// <summary>A part of this slice with a reference of its own; this slice stays its owner's.</summary>
    public Slice Share(int offset, int length)
    {
        if (_block is null)
        {
            return default;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        _block.Retain();
        return new Slice(_block, Start + offset, length);
    }

    /// <summary>This slice without its first <paramref name="count"/> bytes; it takes this slice's reference over.</summary>
    public Slice Skip(int count) => _block is null ? default : new Slice(_block, Start + count, Length - count);

    /// <summary>The first <paramref name="length"/> bytes; it takes this slice's reference over.</summary>
    public Slice Take(int length) => _block is null ? default : new Slice(_block, Start, length);

    /// <summary>
    /// This slice grown by <paramref name="count"/> bytes to the left, for a header that is written in front of a payload. Only for a
    /// block whose bytes in front of the slice belong to nobody else.
    /// </summary>
    public Slice Prepend(int count) => new(_block!, Start - count, Length + count);

    /// <summary>Gives the reference back.</summary>
    public void Dispose() => _block?.Release();
}
