using System.Buffers.Binary;

namespace ActorTunnel.Benchmarks.Harness.Bytes;

/// <summary>A request of 64 bytes, and its echo: the tunnel's number, a counter, and bytes that depend on both.</summary>
internal static class CountedMessage
{
    /// <summary>Bytes of a message.</summary>
    public const int Size = 64;

    private const int Head = 12;

    public static void Write(int tunnel, long number, Span<byte> into)
    {
        BinaryPrimitives.WriteInt32LittleEndian(into, tunnel);
        BinaryPrimitives.WriteInt64LittleEndian(into[4..], number);
        BulkPattern.At(tunnel, number * Size, Size - Head).CopyTo(into[Head..]);
    }

    public static bool Is(int tunnel, long number, ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadInt32LittleEndian(bytes) == tunnel
        && BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]) == number
        && bytes[Head..].SequenceEqual(BulkPattern.At(tunnel, number * Size, Size - Head));
}
