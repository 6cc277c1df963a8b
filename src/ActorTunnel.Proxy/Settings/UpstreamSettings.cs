using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Transport.Sockets;

namespace ActorTunnel.Proxy.Settings;

/// <summary>What is spoken to the endpoints of an upstream.</summary>
public enum UpstreamProtocol
{
    /// <summary>Plain TCP: the endpoints are origins.</summary>
    Tcp,

    /// <summary>HTTP/2 CONNECT: the endpoints are terminators.</summary>
    Http2,
}

/// <summary>Where the endpoints of an upstream come from.</summary>
public enum UpstreamType
{
    /// <summary>As configured; a name is resolved at each dial.</summary>
    Static,

    /// <summary>One name, one endpoint: new tunnels use its current first address, old ones stay where they are.</summary>
    LogicalDns,

    /// <summary>Each address of each name is an endpoint.</summary>
    StrictDns,

    /// <summary>The terminators of the mesh.</summary>
    Mesh,
}

/// <summary>Whether an origin is told the client's address, and how.</summary>
public enum SendProxyProtocol
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>By a PROXY header of version 1, one line of text.</summary>
    V1,

    /// <summary>By a PROXY header of version 2, binary.</summary>
    V2,
}

/// <summary>How a tunnel picks its endpoint.</summary>
public enum LoadBalancing
{
    /// <summary>Each endpoint in turn.</summary>
    RoundRobin,

    /// <summary>The endpoint with the fewest open tunnels.</summary>
    LeastTunnels,

    /// <summary>The less loaded of two endpoints drawn by chance.</summary>
    PowerOfTwo,

    /// <summary>By the client's address: always the same endpoint while that takes tunnels, and when endpoints come or go, only those tunnels move that must.</summary>
    SourceHash,
}

/// <summary>An address that can be dialled.</summary>
/// <param name="Host">An IP literal without brackets, or a host name that is resolved at each dial.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record EndpointAddress(string Host, int Port)
{
    /// <summary>The same as the base library has it.</summary>
    public EndPoint ToEndPoint() => IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, Port) : new DnsEndPoint(Host, Port);

    /// <summary><c>host:port</c>, an IPv6 literal in brackets.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>Endpoints under one policy.</summary>
public sealed record UpstreamSettings
{
    /// <summary><c>[a-z][a-z0-9-]*</c>, unique in the node.</summary>
    public required string Name { get; init; }

    /// <summary>At least one; none with <see cref="UpstreamType.Mesh"/>.</summary>
    public required ImmutableArray<EndpointAddress> Endpoints { get; init; }

    /// <summary>Where endpoints come from; <see cref="UpstreamType.LogicalDns"/> has exactly one name.</summary>
    public UpstreamType Type { get; init; } = UpstreamType.Static;

    /// <summary>Which addresses of a name are used; not for <see cref="UpstreamType.Static"/>.</summary>
    public DnsFamily DnsFamily { get; init; } = DnsFamily.All;

    /// <summary>How often names are resolved again; not for <see cref="UpstreamType.Static"/>.</summary>
    public TimeSpan DnsRefresh { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The role that a terminator must have. Only for <see cref="UpstreamType.Mesh"/>.</summary>
    public string Role { get; init; } = "terminator";

    /// <summary>The zone whose terminators come first; null: all are alike. Only for <see cref="UpstreamType.Mesh"/>.</summary>
    public string? Zone { get; init; }

    public UpstreamProtocol Protocol { get; init; } = UpstreamProtocol.Tcp;

    public LoadBalancing LoadBalancing { get; init; } = LoadBalancing.RoundRobin;

    /// <summary>From the first SYN to an established TCP connection; excludes DNS and TLS.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The PROXY header that an origin gets in front of each tunnel's bytes. Only for <see cref="UpstreamProtocol.Tcp"/>.</summary>
    public SendProxyProtocol ProxyProtocol { get; init; }

    /// <summary>Null: cleartext. Only for <see cref="UpstreamProtocol.Http2"/>.</summary>
    public ClientTlsSettings? Tls { get; init; }

    /// <summary>The HTTP/2 side of our sessions. Only for <see cref="UpstreamProtocol.Http2"/>.</summary>
    public Http2Settings Http2 { get; init; } = new();

    /// <summary>From a CONNECT to its answer, before the tunnel fails. Only for <see cref="UpstreamProtocol.Http2"/>.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Streams opened for one tunnel at most, 1 or more: where a CONNECT was refused, or its session died before the answer, another session or endpoint is tried.
    /// Only for <see cref="UpstreamProtocol.Http2"/>.
    /// </summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>HTTP/2 sessions to one endpoint that take new tunnels, 1 or more; retired ones do not count.</summary>
    public int MaxSessionsPerEndpoint { get; init; } = 8;

    /// <summary>First and longest wait before a lost session is dialled again.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc cref="MinBackoff"/>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(10);
}
