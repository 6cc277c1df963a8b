namespace ActorTunnel.Proxy.Settings;

/// <summary>Limits of the process and its dials; those of the HTTP/2 parser are constants beside the code they protect.</summary>
public sealed record Limits
{
    /// <summary>Dials under way for one session, 1 or more. A stream is cheap, a dial is not.</summary>
    public int DialsPerSession { get; init; } = 64;

    /// <summary>Dials under way in the process, 1 or more.</summary>
    public int DialsPerProcess { get; init; } = 1_024;

    /// <summary>How long a tunnel waits for its turn to dial before it gets 503.</summary>
    public TimeSpan DialWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a name may take to resolve.</summary>
    public TimeSpan DnsTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of buffers lent at once; past it new tunnels get 503.</summary>
    public long Buffers { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
}
