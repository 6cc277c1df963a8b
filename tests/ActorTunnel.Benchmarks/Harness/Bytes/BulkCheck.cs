namespace ActorTunnel.Benchmarks.Harness.Bytes;

/// <summary>Compares what arrives on a bulk tunnel with what was sent there.</summary>
/// <param name="tunnel">Its number.</param>
internal struct BulkCheck(int tunnel)
{
    /// <summary>Bytes that arrived and were right.</summary>
    public long Right { get; private set; }

    /// <summary>The next bytes, at most <see cref="BulkPattern.Piece"/> of them. False where one is wrong.</summary>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.SequenceEqual(BulkPattern.At(tunnel, Right, bytes.Length)))
        {
            return false;
        }

        Right += bytes.Length;
        return true;
    }
}
