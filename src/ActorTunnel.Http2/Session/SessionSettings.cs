using ActorTunnel.Http2.Hpack;

namespace ActorTunnel.Http2.Session;

/// <summary>What a session announces and holds its peer to. The limits that nobody turns stand as constants beside their code.</summary>
public sealed record SessionSettings
{
    /// <summary>Streams that the peer may have open at once, 1 or more. More are refused with REFUSED_STREAM.</summary>
    public int MaxConcurrentStreams { get; init; } = 1_000;

    /// <summary>Bytes of receive window that each stream begins with, 1 to 2^29.</summary>
    public int StreamWindow { get; init; } = 512 * 1024;

    /// <summary>
    /// Bytes that the receive window of a stream may grow to, with what it delivers in a round trip. Where it is not above <see cref="StreamWindow"/>, nothing
    /// grows and nothing is measured. 1 to 2^29.
    /// </summary>
    public int MaxStreamWindow { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes delivered and not yet repaid that the session may hold for all its streams together, 65,535 or more.</summary>
    public long ReceiveBudget { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes that the pool may have lent, to all sessions together; past it no window grows.</summary>
    public long MaxBuffers { get; init; } = long.MaxValue;

    /// <summary>Largest frame payload that the peer may send, in bytes, 16,384 to 16,777,215.</summary>
    public int MaxFrameSize { get; init; } = 64 * 1024;

    /// <summary>How large a header list may be.</summary>
    public HeaderListLimits HeaderList { get; init; } = HeaderListLimits.Default;

    /// <summary>Whether a server takes extended CONNECT (RFC 8441).</summary>
    public bool EnableConnectProtocol { get; init; }
}
