using System.Net.Security;

namespace ActorTunnel.Proxy.Connections;

/// <summary>What a client speaks at a terminator.</summary>
internal enum ClientProtocol
{
    /// <summary>A session with a stream for each tunnel.</summary>
    Http2,

    /// <summary>One CONNECT, which takes the connection.</summary>
    Http11,
}

/// <summary>The protocols as they stand in logs and on pages.</summary>
internal static class ClientProtocols
{
    /// <summary>The names of ALPN (RFC 7301 §6, RFC 9113 §3.1), without TLS too.</summary>
    public static string ToName(this ClientProtocol protocol) =>
        (protocol == ClientProtocol.Http2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11).ToString();
}
