using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Proxy.Routing;

namespace ActorTunnel.Proxy.Settings;

/// <summary>Whether connections to a listener begin with a PROXY header. Only for listeners that nobody but trusted proxies can reach.</summary>
public enum AcceptProxyProtocol
{
    /// <summary>They do not; a header is payload.</summary>
    Off,

    /// <summary>They may.</summary>
    Accept,

    /// <summary>They must, or they are reset.</summary>
    Require,
}

/// <summary>How connections to elsewhere come to a listener, so that it can say where they were going. Linux only.</summary>
public enum OriginalDestinationMode
{
    /// <summary>They do not: clients dial the listener.</summary>
    Off,

    /// <summary>By a REDIRECT or DNAT rule, which netfilter remembers.</summary>
    Redirect,

    /// <summary>By TPROXY, which leaves the destination as our end's address.</summary>
    Tproxy,
}

/// <summary>What applications speak to an encapsulator.</summary>
public enum TunnelAccept
{
    /// <summary>Their own protocol, whatever it is.</summary>
    Tcp,

    /// <summary>HTTP/1.1 CONNECT first, as to any HTTP proxy; the request names the authority.</summary>
    HttpConnect,
}

/// <summary>A bound address and what happens to the connections that it accepts.</summary>
public abstract record ListenerSettings
{
    /// <summary><c>[a-z][a-z0-9-]*</c>, unique in the node.</summary>
    public required string Name { get; init; }

    /// <summary>Address and port; port 0 takes a free one.</summary>
    public required IPEndPoint Bind { get; init; }

    /// <summary>Connections open at once, 1 or more; further ones wait in the kernel's queue.</summary>
    public int MaxConnections { get; init; } = 50_000;

    /// <summary>PROXY headers of either version.</summary>
    public AcceptProxyProtocol ProxyProtocol { get; init; }

    /// <summary>How long a connection may take for what has to come before its tunnel or session.</summary>
    public TimeSpan PeekTimeout { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>The encapsulator's side: each accepted TCP connection becomes a CONNECT stream on a session of an upstream.</summary>
public sealed record TunnelListenerSettings : ListenerSettings
{
    /// <summary>The name of an upstream with <see cref="UpstreamProtocol.Http2"/>.</summary>
    public required string Upstream { get; init; }

    /// <summary>What comes before the tunnel's bytes.</summary>
    public TunnelAccept Accept { get; init; }

    /// <summary>Whether connections are intercepted ones.</summary>
    public OriginalDestinationMode OriginalDestination { get; init; }

    /// <summary>What is sent as <c>:authority</c>; null with <see cref="TunnelAccept.HttpConnect"/>, where the client's request says it.</summary>
    public required HeaderTemplate? Authority { get; init; }

    /// <summary>Fields added to the CONNECT, names in lower case, in the order of the file.</summary>
    public ImmutableArray<KeyValuePair<string, HeaderTemplate>> Headers { get; init; } = [];

    /// <summary>
    /// Stands for <c>%REQUESTED_SERVER_NAME%</c> where a client sends no TLS hello with a name; null: such a connection is reset.
    /// </summary>
    public string? DefaultServerName { get; init; }

    /// <summary>
    /// Whether the application's bytes are sent before the terminator has answered. Not with <see cref="TunnelAccept.HttpConnect"/>, where the client waits for our answer, and we for the
    /// terminator's.
    /// </summary>
    public bool EarlyData { get; init; }

    /// <summary>Timeouts and keepalive of the application's connections.</summary>
    public TunnelSettings Tunnel { get; init; } = new();
}

/// <summary>The terminator's side: each accepted connection is an HTTP/2 session whose CONNECT streams are unwrapped, or one HTTP/1.1 CONNECT.</summary>
public sealed record ConnectListenerSettings : ListenerSettings
{
    /// <summary>Null: cleartext, HTTP/2 with prior knowledge.</summary>
    public ServerTlsSettings? Tls { get; init; }

    /// <summary>Whether clients may speak HTTP/1.1 as well, as ALPN or the first bytes say.</summary>
    public bool Http1 { get; init; } = true;

    /// <summary>Which upstream an authority goes to. The order does not matter: the most specific one wins.</summary>
    public required ImmutableArray<RouteSettings> Routes { get; init; }

    /// <summary>The HTTP/2 side of the accepted sessions.</summary>
    public Http2Settings Http2 { get; init; } = new();

    /// <summary>Timeouts and keepalive of the connections to origins.</summary>
    public TunnelSettings Tunnel { get; init; } = new();
}

/// <summary>One rule: authorities that match <paramref name="Pattern"/> go to <paramref name="Upstream"/>.</summary>
/// <param name="Pattern"><c>*</c>, an exact host, or <c>*.suffix</c>; each with an optional <c>:port</c>.</param>
/// <param name="Upstream">The name of an upstream with <see cref="UpstreamProtocol.Tcp"/>.</param>
public sealed record RouteSettings(string Pattern, string Upstream);
