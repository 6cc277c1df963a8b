using System.Buffers.Binary;

namespace ActorTunnel.TestSupport.Bytes;

/// <summary>
/// Pseudo-random bytes that follow from a seed and their offset alone, so that whoever receives any part of them can tell where it
/// belongs, and bytes of another tunnel or direction never fit.
/// </summary>
public static class Payload
{
    /// <summary>The bytes at <paramref name="offset"/> and after it.</summary>
    public static byte[] Bytes(int seed, long offset, int length)
    {
        var bytes = new byte[length];
        Fill(seed, offset, bytes);
        return bytes;
    }

    /// <summary>The first bytes.</summary>
    public static byte[] Bytes(int seed, int length) => Bytes(seed, 0, length);

    /// <summary>Writes the bytes at <paramref name="offset"/> and after it.</summary>
    public static void Fill(int seed, long offset, Span<byte> into)
    {
        Span<byte> word = stackalloc byte[8];
        while (!into.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Mix(((ulong)(uint)seed << 40) ^ (ulong)(offset / 8)));
            var skip = (int)(offset % 8);
            var count = Math.Min(8 - skip, into.Length);
            word.Slice(skip, count).CopyTo(into);
            into = into[count..];
            offset += count;
        }
    }

    /// <summary>A mixing function of the splitmix64 kind: one changed bit of the input changes half of the output.</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9E37_79B9_7F4A_7C15;
        x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
        x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
        return x ^ (x >> 31);
    }
}
