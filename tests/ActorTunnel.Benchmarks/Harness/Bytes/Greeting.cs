using System.Buffers.Binary;

namespace ActorTunnel.Benchmarks.Harness.Bytes;

/// <summary>What the origin does on a connection.</summary>
internal enum OriginRole : byte
{
    /// <summary>Sends back what comes.</summary>
    Echo,

    /// <summary>Takes bulk bytes.</summary>
    Sink,

    /// <summary>Sends bulk bytes until it is told to stop.</summary>
    Source,

    /// <summary>Both.</summary>
    SinkAndSource,

    /// <summary>Reads nothing until it is told to take the bulk bytes.</summary>
    Stall,

    /// <summary>Answers the driver's questions (<see cref="Origins.OriginCounts"/>); not for tunnels.</summary>
    Control,
}

/// <summary>The first bytes of each connection to the origin.</summary>
/// <param name="Role">What the origin is to do.</param>
/// <param name="Tunnel">The tunnel's number.</param>
internal readonly record struct Greeting(OriginRole Role, int Tunnel)
{
    /// <summary>Bytes of a greeting.</summary>
    public const int Size = 8;

    private const uint Mark = 0x425441; // "ATB", and the role behind it.

    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, Mark | ((uint)Role << 24));
        BinaryPrimitives.WriteInt32LittleEndian(into[4..], Tunnel);
    }

    /// <summary>Null where these are no greeting's bytes.</summary>
    public static Greeting? Read(ReadOnlySpan<byte> bytes)
    {
        var head = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return (head & 0xFFFFFF) == Mark && head >> 24 <= (uint)OriginRole.Control
            ? new Greeting((OriginRole)(head >> 24), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]))
            : null;
    }
}
