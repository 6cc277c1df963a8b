namespace ActorTunnel.Transport.Sockets;

/// <summary>How the wait for a connection's first byte ended.</summary>
public enum FirstByteResult
{
    /// <summary>There is a byte to read, or the peer's end.</summary>
    Readable,

    /// <summary>The peer has reset the connection, or it broke: it can only be reset.</summary>
    Broken,

    /// <summary>Nobody waits any more, or the connection's owner has ended it.</summary>
    Stopped,
}

/// <summary>
/// The wait for what a connection's peer sends first. Nothing is read, so whoever owns the connection may still do with it what it likes; a flow may be made of it only when
/// the wait is over, since no two may wait at one socket.
/// </summary>
public sealed class FirstByte
{
    // Never disposed: it has no timer and is linked to nothing.
    private readonly CancellationTokenSource _stop = new();

    internal FirstByte(Func<CancellationToken, Task<FirstByteResult>> wait)
    {
        Result = wait(_stop.Token);
    }

    /// <summary>Completes when the wait is over; never faults.</summary>
    public Task<FirstByteResult> Result { get; }

    /// <summary>Ends the wait, where it is not over yet. Any thread may call this, and more than once.</summary>
    public void Stop() => _stop.Cancel();
}
