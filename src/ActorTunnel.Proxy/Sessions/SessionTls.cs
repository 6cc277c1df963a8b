using System.Net.Security;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Tls;
using Akka.Event;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>What a listener's TLS stages are told, by the protocol that the client's hello led to.</summary>
internal sealed record ListenerTls(SslServerAuthenticationOptions Http2, SslServerAuthenticationOptions Http11);

/// <summary>Makes TLS options of settings, once for a listener or an upstream.</summary>
internal static class SessionTls
{
    /// <param name="name">The listener's, for the log.</param>
    public static ListenerTls ForListener(string name, ServerTlsSettings settings, ILoggingAdapter log)
    {
        TlsPeerName expected = settings.ClientTrustDomain is { } domain
            ? new TlsPeerName.SpiffeTrustDomain(domain)
            : new TlsPeerName.Any();
        var clients = settings.ClientCa is null ? null : new TlsPeerVerifier(settings.ClientCa, expected, peerIsServer: false);
        return new ListenerTls(Of(SslApplicationProtocol.Http2), Of(SslApplicationProtocol.Http11));

        SslServerAuthenticationOptions Of(SslApplicationProtocol protocol) => TlsOptions.Server(
            settings.Certificate.Leaf,
            settings.Certificate.Intermediates,
            clients,
            settings.AllowTls12,
            problem => log.Warning("listener {0} refused a client: {1}", name, problem),
            protocol);
    }

    /// <param name="name">The upstream's, for the log.</param>
    /// <param name="host">Sent as SNI where the settings name nobody.</param>
    public static SslClientAuthenticationOptions ForUpstream(string name, string host, ClientTlsSettings settings, ILoggingAdapter log)
    {
        TlsPeerName expected = settings switch
        {
            { VerifySpiffeId: { } id } => new TlsPeerName.SpiffeId(id),
            { VerifyName: { } dns } => new TlsPeerName.Host(dns),
            _ => new TlsPeerName.Host(host),
        };
        return TlsOptions.Client(
            settings.VerifyName ?? host,
            settings.InsecureSkipVerify ? null : new TlsPeerVerifier(settings.Ca, expected, peerIsServer: true),
            settings.Certificate?.Leaf,
            settings.Certificate?.Intermediates ?? [],
            settings.AllowTls12,
            problem => log.Warning("upstream {0} refused the terminator {1}: {2}", name, host, problem));
    }

    /// <summary>As sessions of the parser's library want it.</summary>
    public static Http2.Session.SessionSettings ToSessionSettings(this Http2Settings settings, Limits limits) => new()
    {
        MaxConcurrentStreams = settings.MaxConcurrentStreams,
        StreamWindow = settings.StreamWindow,
        MaxStreamWindow = settings.MaxStreamWindow,
        ReceiveBudget = settings.ReceiveBudget,
        MaxBuffers = limits.Buffers,
        MaxFrameSize = settings.MaxFrameSize,
    };

    /// <summary>As the stage of a session wants it.</summary>
    public static SessionTimeouts ToSessionTimeouts(this Http2Settings settings) => new()
    {
        PingInterval = settings.PingInterval,
        PingTimeout = settings.PingTimeout,
        WriteTimeout = settings.WriteTimeout,
    };

    /// <summary>The limit that a session met which ended so, as it is counted; null: none.</summary>
    public static string? Limit(this SessionEndReason reason) => reason switch
    {
        SessionEndReason.PeerSilent => "ping-timeout",
        SessionEndReason.WriteStalled => "write-timeout",
        _ => null,
    };
}
