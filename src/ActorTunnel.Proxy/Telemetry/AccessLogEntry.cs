using System.Net;
using ActorTunnel.Proxy.Tunnels;

namespace ActorTunnel.Proxy.Telemetry;

/// <summary>What is written when a tunnel has closed, or when it failed before it opened.</summary>
public sealed record AccessLogEntry
{
    /// <summary>When the tunnel was over.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The listener's name.</summary>
    public required string Listener { get; init; }

    /// <summary>Who dialled us.</summary>
    public required EndPoint? DownstreamRemote { get; init; }

    /// <summary>Our end of the downstream's connection.</summary>
    public required EndPoint? DownstreamLocal { get; init; }

    /// <summary>The CONNECT's <c>:authority</c>, as it was sent: a refused one may hold anything.</summary>
    public required string? Authority { get; init; }

    /// <summary>The upstream's name; null while no route was found.</summary>
    public string? Upstream { get; init; }

    /// <summary>The endpoint that was dialled; null when none was.</summary>
    public EndPoint? Endpoint { get; init; }

    /// <summary>The session actor's name in the tree.</summary>
    public string? Session { get; init; }

    /// <summary>The HTTP/2 stream id; null when the tunnel never had one.</summary>
    public int? StreamId { get; init; }

    /// <summary>Payload bytes taken from the downstream.</summary>
    public long BytesFromDownstream { get; init; }

    /// <summary>Payload bytes given to the upstream; fewer than were taken when the direction was reset.</summary>
    public long BytesToUpstream { get; init; }

    /// <summary>Payload bytes taken from the upstream.</summary>
    public long BytesFromUpstream { get; init; }

    /// <summary>Payload bytes given to the downstream; fewer than were taken when the direction was reset.</summary>
    public long BytesToDownstream { get; init; }

    /// <summary>From the accepted connection or the CONNECT to <see cref="Time"/>.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The CONNECT's final status, sent or received; null when there was none.</summary>
    public int? Status { get; init; }

    /// <summary>Why there was no tunnel; null when there was one.</summary>
    public ConnectFailureReason? FailureReason { get; init; }

    /// <summary>More about <see cref="FailureReason"/>; may come from a peer.</summary>
    public string? FailureDetail { get; init; }

    /// <summary>How downstream → upstream ended.</summary>
    public required TunnelEnd UpstreamEnd { get; init; }

    /// <summary>How upstream → downstream ended.</summary>
    public required TunnelEnd DownstreamEnd { get; init; }

    /// <summary>
    /// One line without its line end: <c>key=value</c> pairs with one blank between, always the same keys in the same order. What does not
    /// apply is <c>-</c>. A value with other characters than plain ones stands in quotes, and no control character, quote or
    /// character past ASCII survives unescaped, so that no peer can forge a line or a pair.
    /// </summary>
    public string ToLine() =>
        new LogLine()
            .Add("time", Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null))
            .Add("listener", Listener)
            .Add("downstream", Text(DownstreamRemote))
            .Add("local", Text(DownstreamLocal))
            .Add("authority", Authority)
            .Add("upstream", Upstream)
            .Add("endpoint", Text(Endpoint))
            .Add("session", Session)
            .Add("stream", StreamId)
            .Add("status", Status)
            .Add("reason", FailureReason?.ToToken())
            .Add("detail", FailureDetail)
            .Add("from-downstream", BytesFromDownstream)
            .Add("to-upstream", BytesToUpstream)
            .Add("from-upstream", BytesFromUpstream)
            .Add("to-downstream", BytesToDownstream)
            .Add("duration-ms", (long)Duration.TotalMilliseconds)
            .Add("upstream-end", UpstreamEnd.ToString())
            .Add("downstream-end", DownstreamEnd.ToString())
            .ToString();

    private static string? Text(EndPoint? endPoint) => endPoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : endPoint?.ToString();
}
