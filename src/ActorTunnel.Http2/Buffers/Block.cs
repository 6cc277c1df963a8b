using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ActorTunnel.Http2.Buffers;

/// <summary>
/// A pooled array of bytes that several <see cref="Slice"/>s may share. It goes back to its pool when the last reference
/// to it is released; from then on nobody may touch its bytes.
/// </summary>
public sealed class Block
{
    private readonly BufferPool _pool;
    private int _references;

    internal Block(BufferPool pool, int size)
    {
        _pool = pool;
        // Pinned for life: sockets and the TLS library pin what they are given, and a pinned heap makes that free.
        Array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
    }

    /// <summary>The bytes. Valid while the caller holds a reference.</summary>
    public byte[] Array { get; }

    /// <summary>Where the bytes are, for a call of the system; they never move.</summary>
    public nint Address => Marshal.UnsafeAddrOfPinnedArrayElement(Array, 0);

    /// <summary>Size in bytes.</summary>
    public int Size => Array.Length;

    /// <summary>
    /// Whether the caller's reference is the only one, so that every byte of the block is the caller's to write. Once true it stays so
    /// until the caller shares the block.
    /// </summary>
    internal bool HasOneReference => Volatile.Read(ref _references) == 1;

    /// <summary>The whole block as a slice that takes over the caller's reference.</summary>
    public Slice AsSlice(int start, int length) => new(this, start, length);

    /// <summary>One more reference, to be released by whoever gets it.</summary>
    public void Retain()
    {
        var references = Interlocked.Increment(ref _references);
        Debug.Assert(references > 1, "a block was retained after its last release");
    }

    /// <summary>One reference fewer; with the last one the block goes back to its pool.</summary>
    public void Release()
    {
        var references = Interlocked.Decrement(ref _references);
        if (references == 0)
        {
            _pool.Return(this);
        }
        else if (references < 0)
        {
            throw new InvalidOperationException("A block was released more often than it was retained.");
        }
    }

    internal void Lend() => _references = 1;
}
