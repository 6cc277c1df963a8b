namespace ActorTunnel.Transport.Sessions;

/// <summary>When a session counts as dead. They begin with the peer's SETTINGS; before, the handshake has its own deadline.</summary>
public sealed record SessionTimeouts
{
    /// <summary>Nothing is checked.</summary>
    public static SessionTimeouts None { get; } = new();

    /// <summary>Nothing received for so long: the peer is asked by a PING. Zero: never, and <see cref="PingTimeout"/> means nothing.</summary>
    public TimeSpan PingInterval { get; init; }

    /// <summary>Nothing received for so long, the PING's answer included: the session is dead. Longer than <see cref="PingInterval"/>.</summary>
    public TimeSpan PingTimeout { get; init; }

    /// <summary>Output waits and the transport took nothing for so long: the session is dead. Zero: it may wait for ever.</summary>
    public TimeSpan WriteTimeout { get; init; }
}
