using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>How a new generation of certificates passes from the node down to its sessions. No tunnel is touched by it.</summary>
internal static class TlsProtocol
{
    /// <summary>To a connect listener with TLS: new handshakes use this, sessions of the old one are retired.</summary>
    public sealed record ReplaceListenerTls(ServerTlsSettings Tls);

    /// <summary>To an upstream with TLS: new sessions use this, the others are retired.</summary>
    public sealed record ReplaceUpstreamTls(ClientTlsSettings Tls);

    /// <summary>To an accepted connection: its handshake, if it is still to come, uses this; its session is retired else.</summary>
    public sealed record ListenerTlsReplaced(ListenerTls Tls);

    /// <summary>To a session, ours or a peer's: the certificates of its handshake are no longer those in use.</summary>
    public sealed record SessionTlsReplaced
    {
        public const string Why = "its certificates were replaced";

        public static readonly SessionTlsReplaced Instance = new();
    }
}
