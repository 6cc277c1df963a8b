using System.Buffers.Binary;

namespace ActorTunnel.Host.Origin;

/// <summary>
/// An endless text of pseudo-random bytes in which each byte depends on its offset only, so that both ends of a transfer can make and
/// check any part of it. The 64-bit word at index k, little-endian, is the k-th output of SplitMix64 with seed 0.
/// </summary>
public static class OriginData
{
    private const int WordSize = sizeof(ulong);

    /// <summary>Writes the bytes from <paramref name="offset"/> on, 0 or more.</summary>
    public static void Fill(Span<byte> destination, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var index = (ulong)offset / WordSize;
        var skip = (int)((ulong)offset % WordSize);
        if (skip > 0)
        {
            Span<byte> head = stackalloc byte[WordSize];
            BinaryPrimitives.WriteUInt64LittleEndian(head, Word(index++));
            var taken = Math.Min(WordSize - skip, destination.Length);
            head.Slice(skip, taken).CopyTo(destination);
            destination = destination[taken..];
        }

        while (destination.Length >= WordSize)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination, Word(index++));
            destination = destination[WordSize..];
        }

        if (!destination.IsEmpty)
        {
            Span<byte> tail = stackalloc byte[WordSize];
            BinaryPrimitives.WriteUInt64LittleEndian(tail, Word(index));
            tail[..destination.Length].CopyTo(destination);
        }
    }

    private static ulong Word(ulong index)
    {
        var z = (index + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
