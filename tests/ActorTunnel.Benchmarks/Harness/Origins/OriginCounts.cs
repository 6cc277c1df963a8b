using System.Buffers.Binary;

namespace ActorTunnel.Benchmarks.Harness.Origins;

/// <summary>What the origin has seen since it began, as it tells the driver.</summary>
/// <param name="At">When, in ticks of <see cref="System.Diagnostics.Stopwatch"/>, which all processes of a machine share.</param>
/// <param name="Received">Bulk bytes that arrived and were right.</param>
/// <param name="Late">The same on tunnels that had been stalled.</param>
/// <param name="Sent">Bulk bytes that were sent.</param>
/// <param name="Wrong">Bulk tunnels on which a wrong byte arrived.</param>
/// <param name="Open">Tunnels that are open.</param>
/// <param name="Broken">Tunnels that ended in a reset.</param>
internal readonly record struct OriginCounts(long At, long Received, long Late, long Sent, long Wrong, long Open, long Broken)
{
    /// <summary>Bytes of an answer.</summary>
    public const int Size = 7 * sizeof(long);

    /// <summary>The question: these counts.</summary>
    public const byte Ask = (byte)'?';

    /// <summary>The order to stop all sources; answered with the counts, in which <see cref="Sent"/> is final.</summary>
    public const byte StopSources = (byte)'.';

    /// <summary>The order to read what was stalled; answered with the counts.</summary>
    public const byte ReleaseStalled = (byte)'!';

    public void Write(Span<byte> into)
    {
        ReadOnlySpan<long> values = [At, Received, Late, Sent, Wrong, Open, Broken];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(into[(i * sizeof(long))..], values[i]);
        }
    }

    public static OriginCounts Read(ReadOnlySpan<byte> bytes)
    {
        Span<long> values = stackalloc long[Size / sizeof(long)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
        }

        return new OriginCounts(values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
    }
}
