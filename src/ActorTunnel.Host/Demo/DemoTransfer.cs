using System.Net;

namespace ActorTunnel.Host.Demo;

/// <summary>One exchange with the origin in a tunnel of its own, as the client saw it.</summary>
internal sealed record DemoTransfer
{
    /// <summary>page, upload or download.</summary>
    public required string Name { get; init; }

    /// <summary>The client's end; both null where there was no connection.</summary>
    public IPEndPoint? Client { get; init; }

    /// <summary>TLS version and cipher suite between client and origin.</summary>
    public string? Security { get; init; }

    /// <summary>Bytes of the HTTP body.</summary>
    public long Payload { get; init; }

    /// <summary>Bytes that the client's socket took: payload, HTTP and TLS.</summary>
    public long Sent { get; init; }

    /// <summary>Bytes that the client's socket gave.</summary>
    public long Received { get; init; }

    /// <summary>From the request to the end of the answer.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>SHA-256 of what arrived, in hexadecimal digits; null where nothing was compared.</summary>
    public string? Sha256 { get; init; }

    /// <summary>What went wrong, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>Millions of payload bytes a second.</summary>
    public double MegabytesPerSecond => Duration > TimeSpan.Zero ? Payload / 1e6 / Duration.TotalSeconds : 0;
}
