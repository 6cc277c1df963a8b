namespace ActorTunnel.Transport.Heads;

/// <summary>How far a parser of a head came.</summary>
public enum HeadStatus
{
    /// <summary>Every byte so far fits, and more are needed.</summary>
    Incomplete,

    /// <summary>No further byte can make this the head that was expected.</summary>
    Invalid,

    /// <summary>The head is whole.</summary>
    Complete,
}

/// <summary>
/// What a parser says about the first bytes of a connection. Once it is not <see cref="HeadStatus.Incomplete"/>, further bytes do not change it: so a head that
/// comes in pieces means what it means in one piece.
/// </summary>
/// <param name="Status">Which of the other members count.</param>
/// <param name="Value">The head, where it is complete.</param>
/// <param name="Consumed">Bytes that belong to the head and to nobody after it; 0 for a parser that only looks.</param>
/// <param name="Reason">What is wrong, in one short phrase that repeats nothing of the input.</param>
public readonly record struct HeadParse<T>(HeadStatus Status, T? Value, int Consumed, string? Reason)
    where T : notnull;

/// <summary>The results of a parser.</summary>
public static class HeadParse
{
    /// <summary>More bytes are needed.</summary>
    public static HeadParse<T> Incomplete<T>()
        where T : notnull => default;

    /// <summary>It is something else.</summary>
    public static HeadParse<T> Invalid<T>(string reason)
        where T : notnull => new(HeadStatus.Invalid, default, 0, reason);

    /// <summary>The head is whole; bytes from <paramref name="consumed"/> on are for whoever comes next.</summary>
    public static HeadParse<T> Complete<T>(T value, int consumed)
        where T : notnull => new(HeadStatus.Complete, value, consumed, null);
}

/// <summary>
/// Reads a head from the first bytes of a connection. It is called with all of them again whenever more have come, so its cost has to be linear and small. Total:
/// no input makes it throw.
/// </summary>
public delegate HeadParse<T> HeadParser<T>(ReadOnlySpan<byte> bytes)
    where T : notnull;
