namespace ActorTunnel.Transport.Relay;

/// <summary>
/// Payload bytes that a relay has moved so far. The relay's stage alone counts, without a lock; any thread may read, while it runs and after.
/// </summary>
public sealed class RelayProgress
{
    private long _sent;
    private long _received;

    /// <summary>Payload bytes read from the socket and given to the session.</summary>
    public long BytesSent => Volatile.Read(ref _sent);

    /// <summary>Payload bytes from the session that the socket took.</summary>
    public long BytesReceived => Volatile.Read(ref _received);

    internal void Sent(int bytes) => Volatile.Write(ref _sent, _sent + bytes);

    internal void Received(int bytes) => Volatile.Write(ref _received, _received + bytes);
}
