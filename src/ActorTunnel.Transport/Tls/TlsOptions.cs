using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.Transport.Tls;

/// <summary>
/// What <see cref="SslStream"/> is told, made once for each certificate generation and protocol. ALPN is that one protocol, <c>h2</c> where nothing else is said;
/// renegotiation and revocation checks are off.
/// </summary>
public static class TlsOptions
{
    /// <summary>
    /// The cipher suites of TLS 1.2 that RFC 9113 §9.2.2 leaves: ephemeral key exchange with an AEAD.
    /// </summary>
    private static readonly TlsCipherSuite[] Tls12Suites =
    [
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    private static readonly TlsCipherSuite[] Tls13Suites =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
    ];

    /// <summary>The accepting side.</summary>
    /// <param name="leaf">With its key.</param>
    /// <param name="intermediates">Sent with it.</param>
    /// <param name="clients">Checks client certificates, which are demanded then; null: none is asked for.</param>
    /// <param name="allowTls12">Besides TLS 1.3.</param>
    /// <param name="refused">Told why a client was refused: in TLS 1.3 the client cannot see it. Must not block.</param>
    /// <param name="protocol">The only one offered by ALPN.</param>
    public static SslServerAuthenticationOptions Server(
        X509Certificate2 leaf, X509Certificate2Collection intermediates, TlsPeerVerifier? clients, bool allowTls12, Action<string> refused,
        SslApplicationProtocol protocol) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(leaf, intermediates, offline: true),
        ClientCertificateRequired = clients is not null,
        RemoteCertificateValidationCallback = clients is null
            ? null
            : (_, certificate, chain, _) => Check(clients, certificate, chain, refused),
        ApplicationProtocols = [protocol],
        EnabledSslProtocols = Protocols(allowTls12),
        CipherSuitesPolicy = Suites(allowTls12),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowRenegotiation = false,
    };

    /// <summary>The dialling side.</summary>
    /// <param name="serverName">Sent as SNI, where it is a DNS name; may be empty.</param>
    /// <param name="server">Checks the server's certificate; null accepts any.</param>
    /// <param name="leaf">Our certificate for mutual TLS, or null.</param>
    /// <param name="intermediates">Sent with it.</param>
    /// <param name="allowTls12">Besides TLS 1.3.</param>
    /// <param name="refused">Told why a server was refused. Must not block.</param>
    public static SslClientAuthenticationOptions Client(
        string serverName,
        TlsPeerVerifier? server,
        X509Certificate2? leaf,
        X509Certificate2Collection intermediates,
        bool allowTls12,
        Action<string> refused) => new()
    {
        TargetHost = IPAddress.TryParse(serverName, out _) ? "" : serverName,
        ClientCertificateContext = leaf is null ? null : SslStreamCertificateContext.Create(leaf, intermediates, offline: true),
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => server is null || Check(server, certificate, chain, refused),
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        EnabledSslProtocols = Protocols(allowTls12),
        CipherSuitesPolicy = Suites(allowTls12),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowRenegotiation = false,
    };

    private static bool Check(TlsPeerVerifier verifier, X509Certificate? certificate, X509Chain? chain, Action<string> refused)
    {
        var problem = verifier.Problem(certificate as X509Certificate2, chain?.ChainPolicy.ExtraStore);
        if (problem is not null)
        {
            refused(problem);
        }

        return problem is null;
    }

    private static SslProtocols Protocols(bool allowTls12) =>
        allowTls12 ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.Tls13;

    private static CipherSuitesPolicy? Suites(bool allowTls12)
    {
        // Only OpenSSL takes a policy; elsewhere the system's own list holds.
        if (!allowTls12 || !OperatingSystem.IsLinux())
        {
            return null;
        }

        return new CipherSuitesPolicy([.. Tls13Suites, .. Tls12Suites]);
    }
}
