namespace ActorTunnel.Benchmarks.Harness.Links;

/// <summary>What is carried.</summary>
/// <param name="Bytes">Borrowed from a <see cref="LinkBuffers"/>; null: an end.</param>
/// <param name="Count">How many of them; 0: a FIN, or a reset.</param>
/// <param name="IsReset">Of an end.</param>
internal readonly record struct LinkChunk(byte[]? Bytes, int Count, bool IsReset)
{
    public static readonly LinkChunk Fin = new(null, 0, IsReset: false);

    public static readonly LinkChunk Reset = new(null, 0, IsReset: true);
}

/// <summary>Buffers that are used again.</summary>
internal sealed class LinkBuffers
{
    private const int Size = 32 * 1024;

    private readonly Stack<byte[]> _free = new();

    public byte[] Take() => _free.TryPop(out var buffer) ? buffer : new byte[Size];

    public void Give(byte[] buffer) => _free.Push(buffer);
}
