using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.TestSupport.Certificates;

/// <summary>Certificates in memory, made once a test run.</summary>
public static class TestCertificates
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly Lazy<X509Certificate2> AuthorityOnce = new(() => MakeAuthority("Test CA"));
    private static readonly Lazy<X509Certificate2> OtherAuthorityOnce = new(() => MakeAuthority("Another CA"));
    private static readonly Lazy<X509Certificate2> ServerOnce = new(() => Issue(Authority, "localhost", ServerAuthentication));
    private static readonly Lazy<X509Certificate2> ClientOnce = new(() => Issue(Authority, "client", ClientAuthentication));
    private static readonly Lazy<X509Certificate2> ForeignServerOnce = new(() => Issue(OtherAuthority, "localhost", ServerAuthentication));
    private static readonly Lazy<X509Certificate2> ForeignClientOnce = new(() => Issue(OtherAuthority, "client", ClientAuthentication));

    private static readonly Lazy<X509Certificate2> ExpiredServerOnce = new(
        () => Issue(Authority, "localhost", ServerAuthentication, notAfter: DateTimeOffset.UtcNow.AddDays(-1)));

    /// <summary>The one that both sides trust.</summary>
    public static X509Certificate2 Authority => AuthorityOnce.Value;

    /// <summary>One that nobody trusts.</summary>
    public static X509Certificate2 OtherAuthority => OtherAuthorityOnce.Value;

    /// <summary>For <c>localhost</c>.</summary>
    public static X509Certificate2 Server => ServerOnce.Value;

    /// <summary>For client authentication.</summary>
    public static X509Certificate2 Client => ClientOnce.Value;

    /// <summary>For <c>localhost</c>, by <see cref="OtherAuthority"/>.</summary>
    public static X509Certificate2 ForeignServer => ForeignServerOnce.Value;

    /// <summary>For client authentication, by <see cref="OtherAuthority"/>.</summary>
    public static X509Certificate2 ForeignClient => ForeignClientOnce.Value;

    /// <summary>For <c>localhost</c>, valid until yesterday.</summary>
    public static X509Certificate2 ExpiredServer => ExpiredServerOnce.Value;

    /// <summary>Options of an accepting side with ALPN h2.</summary>
    /// <param name="certificate">Null: <see cref="Server"/>.</param>
    /// <param name="askForClient">Whether a client certificate of <see cref="Authority"/> is required.</param>
    /// <param name="http11">ALPN http/1.1 instead.</param>
    public static SslServerAuthenticationOptions ServerOptions(
        X509Certificate2? certificate = null, bool askForClient = false, bool http11 = false) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate ?? Server, null, offline: true),
        ApplicationProtocols = [http11 ? SslApplicationProtocol.Http11 : SslApplicationProtocol.Http2],
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificateRequired = askForClient,
        // "Required" only asks: a client without one has no errors to show but this.
        RemoteCertificateValidationCallback = askForClient
            ? static (_, peer, _, _) => peer is not null && IsOurs(peer)
            : null,
    };

    /// <summary>Options of a dialling side with ALPN h2 that trusts <see cref="Authority"/> alone and expects <c>localhost</c>.</summary>
    public static SslClientAuthenticationOptions ClientOptions(X509Certificate2? certificate = null) => new()
    {
        TargetHost = "localhost",
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateChainPolicy = Policy(),
        ClientCertificates = certificate is null ? null : [certificate],
    };

    private static bool IsOurs(X509Certificate peer)
    {
        using var chain = new X509Chain { ChainPolicy = Policy() };
        return chain.Build((X509Certificate2)peer);
    }

    private static X509ChainPolicy Policy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { Authority },
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name, string usage, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var end = notAfter ?? DateTimeOffset.UtcNow.AddMonths(6);
        using var certificate = request.Create(authority, end.AddMonths(-9), end, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
