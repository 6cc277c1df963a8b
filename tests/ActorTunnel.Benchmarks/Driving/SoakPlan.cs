using System.Buffers.Binary;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>What one tunnel of a soak does.</summary>
internal enum SoakKind
{
    /// <summary>Some bytes each way at once, and an end each way.</summary>
    Exchange,

    /// <summary>The application's bytes and end first, then the origin's.</summary>
    HalfClose,

    /// <summary>One byte there and one back, many times.</summary>
    PingPong,

    /// <summary>As Exchange, read with pauses.</summary>
    SlowReaders,

    /// <summary>Nothing for some seconds, then as Exchange.</summary>
    Idle,

    /// <summary>The application resets after some bytes.</summary>
    ApplicationResets,

    /// <summary>The origin resets after some bytes.</summary>
    OriginResets,
}

/// <summary>A tunnel of a soak; the application's first bytes tell the origin which.</summary>
/// <param name="Tunnel">Its number.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Up">Bytes to the origin.</param>
/// <param name="Down">Bytes to the application.</param>
/// <param name="Pause">How long something waits.</param>
internal readonly record struct SoakPlan(int Tunnel, SoakKind Kind, int Up, int Down, TimeSpan Pause)
{
    public const int HeaderSize = 17;

    /// <summary>Mostly short ones, some long, all kinds.</summary>
    public static SoakPlan Draw(int tunnel, Random random)
    {
        var kind = (SoakKind)random.Next(7);
        var isLong = random.Next(10) == 0;
        var (up, down) = kind switch
        {
            SoakKind.PingPong => (200, 200),
            SoakKind.SlowReaders => (random.Next(1_000_000), random.Next(1_000_000)),
            _ when isLong => (random.Next(16_000_000), random.Next(16_000_000)),
            _ => (random.Next(20_000), random.Next(20_000)),
        };
        var pause = kind switch
        {
            SoakKind.Idle => TimeSpan.FromMilliseconds(random.Next(500, 8_000)),
            SoakKind.SlowReaders => TimeSpan.FromMilliseconds(random.Next(5, 50)),
            _ => TimeSpan.Zero,
        };
        return new SoakPlan(tunnel, kind, up, down, pause);
    }

    public static SoakPlan Read(ReadOnlySpan<byte> header) => new(
        BinaryPrimitives.ReadInt32BigEndian(header),
        (SoakKind)header[4],
        BinaryPrimitives.ReadInt32BigEndian(header[5..]),
        BinaryPrimitives.ReadInt32BigEndian(header[9..]),
        TimeSpan.FromMilliseconds(BinaryPrimitives.ReadInt32BigEndian(header[13..])));

    public byte[] Write()
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteInt32BigEndian(header, Tunnel);
        header[4] = (byte)Kind;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(5), Up);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(9), Down);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(13), (int)Pause.TotalMilliseconds);
        return header;
    }
}
