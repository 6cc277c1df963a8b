using System.Net;

namespace ActorTunnel.Proxy.Telemetry;

/// <summary>What is written when a session became ready: an HTTP/2 session, or an HTTP/1.1 client's connection to a terminator.</summary>
public sealed record SessionLogEntry
{
    /// <summary>When the peer's SETTINGS or request came.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The session actor's path below <c>/user</c>, as access-log lines name it.</summary>
    public required string Session { get; init; }

    /// <summary>Our end of the connection.</summary>
    public required EndPoint? Local { get; init; }

    /// <summary>The peer's end.</summary>
    public required EndPoint? Remote { get; init; }

    /// <summary><c>h2</c> or <c>http/1.1</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>TLS version and cipher suite, or <c>cleartext</c>.</summary>
    public required string Security { get; init; }

    /// <summary>Subject of the peer's certificate, or null.</summary>
    public string? PeerSubject { get; init; }

    /// <summary>One line of <c>key=value</c> pairs, quoted like <see cref="AccessLogEntry.ToLine"/>.</summary>
    public string ToLine() =>
        new LogLine()
            .Add("time", Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null))
            .Add("session", Session)
            .Add("local", Local?.ToString())
            .Add("remote", Remote?.ToString())
            .Add("protocol", Protocol)
            .Add("security", Security)
            .Add("peer", PeerSubject)
            .ToString();
}
