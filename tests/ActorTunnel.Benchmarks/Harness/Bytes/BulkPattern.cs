namespace ActorTunnel.Benchmarks.Harness.Bytes;

/// <summary>
/// The bytes of bulk tunnels: pseudo-random, with a prime period, so that a frame or a record that is lost, doubled or swapped shows, whatever its size. They are
/// sent from one block that all tunnels share, and compared with it, which costs neither a copy nor a buffer.
/// </summary>
internal static class BulkPattern
{
    /// <summary>Bytes after which they repeat.</summary>
    public const int Period = 65_521;

    /// <summary>Most bytes that are looked at in one piece.</summary>
    public const int Piece = 256 * 1024;

    // Tunnels begin at places that are far from each other, so that bytes of another tunnel are wrong ones.
    private const long Stride = 7_919;

    private static readonly byte[] Block = Create();

    /// <summary>What a tunnel carries at a position and after it, at most <see cref="Piece"/> bytes.</summary>
    /// <param name="tunnel">Its number.</param>
    /// <param name="position">Bytes of the direction before it.</param>
    /// <param name="count">How many.</param>
    public static ReadOnlySpan<byte> At(int tunnel, long position, int count) => Block.AsSpan((int)((position + (tunnel * Stride)) % Period), count);

    private static byte[] Create()
    {
        var block = new byte[Period + Piece];
        new Random(20_221).NextBytes(block.AsSpan(0, Period));
        for (var filled = Period; filled < block.Length;)
        {
            var count = Math.Min(Period, block.Length - filled);
            block.AsSpan(0, count).CopyTo(block.AsSpan(filled));
            filled += count;
        }

        return block;
    }
}
