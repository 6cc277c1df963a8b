using System.Net.Sockets;

namespace ActorTunnel.Transport.Heads;

/// <summary>How the wait for a head ended.</summary>
public abstract record HeadResult<T>
    where T : notnull
{
    /// <summary>It came.</summary>
    public sealed record Complete(T Value) : HeadResult<T>;

    /// <summary>Something else came. Its bytes are kept.</summary>
    /// <param name="Reason">One short phrase that repeats nothing of the input.</param>
    public sealed record Invalid(string Reason) : HeadResult<T>;

    /// <summary>The time was up. What had come is kept.</summary>
    /// <param name="Received">Bytes that had come, unread ones of an earlier head included; 0 for a peer that waits for us to speak first.</param>
    public sealed record TimedOut(int Received) : HeadResult<T>;

    /// <summary>The connection ended before the head did.</summary>
    /// <param name="Error">
    /// <see cref="SocketError.Success"/> for a FIN, after which the connection can still be used; <see cref="SocketError.OperationAborted"/> where we gave up; else how
    /// it broke.
    /// </param>
    public sealed record Ended(SocketError Error) : HeadResult<T>;

    /// <summary>The limit was reached before the head was whole. The bytes are kept.</summary>
    public sealed record TooLarge : HeadResult<T>;
}

/// <summary>What a peer may take for a head.</summary>
/// <param name="MaxBytes">Longest head, 1 to 65,527 bytes; no more than this is read ahead.</param>
/// <param name="Timeout">From the call to the last byte of the head.</param>
public readonly record struct HeadLimits(int MaxBytes, TimeSpan Timeout);
