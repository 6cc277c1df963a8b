namespace ActorTunnel.Proxy.Settings;

/// <summary>What an operator may turn on an HTTP/2 session.</summary>
public sealed record Http2Settings
{
    /// <summary>
    /// As a terminator, the SETTINGS_MAX_CONCURRENT_STREAMS that we announce; as an encapsulator, the tunnels that we open on a session
    /// where the terminator allows more. 1 or more.
    /// </summary>
    public int MaxConcurrentStreams { get; init; } = 1_000;

    /// <summary>SETTINGS_INITIAL_WINDOW_SIZE that we announce, in bytes, 64 KiB to 16 MiB.</summary>
    public int StreamWindow { get; init; } = 512 * 1024;

    /// <summary>
    /// Bytes that a stream's window may grow to with the bandwidth-delay product, 64 KiB to 16 MiB, no less than <see cref="StreamWindow"/>; the same means
    /// that it does not grow.
    /// </summary>
    public int MaxStreamWindow { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes that a session may hold for all its tunnels together, 1 MiB or more.</summary>
    public long ReceiveBudget { get; init; } = 32 * 1024 * 1024;

    /// <summary>SETTINGS_MAX_FRAME_SIZE that we announce, in bytes, 16 KiB to 1 MiB.</summary>
    public int MaxFrameSize { get; init; } = 64 * 1024;

    /// <summary>From the accepted or dialled connection to the end of the TLS handshake, and from there to the peer's SETTINGS.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Nothing received for so long: the peer is asked by a PING; zero means never.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Nothing received for so long, the PING's answer included: the session is dead. Longer than <see cref="PingInterval"/>.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Output waits and the connection took nothing for so long: the session is dead; zero means never.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How old a session becomes, ± 10 %, before it is retired; zero means that age does not matter.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The age of one session: <see cref="MaxAge"/> ± 10 %, so that sessions that began together do not end together. Null: it may grow old.</summary>
    public TimeSpan? DrawAge(Random random) => MaxAge > TimeSpan.Zero ? MaxAge * (0.9 + (0.2 * random.NextDouble())) : null;
}
