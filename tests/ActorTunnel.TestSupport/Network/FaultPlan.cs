namespace ActorTunnel.TestSupport.Network;

/// <summary>What a <see cref="FaultPipe"/> does to one connection, each direction on its own.</summary>
/// <param name="ToTarget">Bytes from whoever connected to the pipe.</param>
/// <param name="FromTarget">Bytes to whoever connected to the pipe.</param>
public sealed record LinkFaults(FaultPlan ToTarget, FaultPlan FromTarget)
{
    /// <summary>A cable.</summary>
    public static readonly LinkFaults None = new(new FaultPlan(), new FaultPlan());
}

/// <summary>What happens to one direction of a connection. As it stands, nothing does.</summary>
public sealed record FaultPlan
{
    /// <summary>From the arrival of a byte to its departure, at least.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Up to so much is added to the latency of each piece; the order stays.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Bytes a second that leave the pipe; 0: as many as go.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>In which sizes bytes are sent; null: as they came.</summary>
    public SliceSizes? Slices { get; init; }

    /// <summary>How long a FIN is kept back after the last byte.</summary>
    public TimeSpan EndDelay { get; init; }

    /// <summary>What ends or spoils this direction before its time; null: nothing.</summary>
    public Cut? Cut { get; init; }
}

/// <summary>Sizes of writes, drawn at random from <paramref name="Min"/> to <paramref name="Max"/>, both of them bytes from 1 up.</summary>
public readonly record struct SliceSizes(int Min, int Max)
{
    /// <summary>The next size.</summary>
    public int Next(Random random) => random.Next(Min, Max + 1);
}

/// <summary>What happens where a direction is cut.</summary>
public enum CutKind
{
    /// <summary>Nothing passes any more, no byte and no end; both sockets stay open.</summary>
    Hang,

    /// <summary>The receiver gets a FIN; the sender is read on, and what it sends is dropped.</summary>
    Fin,

    /// <summary>Both ends get a reset, for both directions.</summary>
    Reset,

    /// <summary>Bytes that nobody sent come in between.</summary>
    Inject,
}

/// <summary>One cut of a direction.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="At">Where.</param>
public sealed record Cut(CutKind Kind, CutPoint At)
{
    /// <summary>The bytes of <see cref="CutKind.Inject"/>.</summary>
    public ReadOnlyMemory<byte> Injected { get; init; }
}
