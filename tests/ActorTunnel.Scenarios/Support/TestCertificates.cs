using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Scenarios.Support;

/// <summary>An authority and its certificates, made once for all stories.</summary>
internal sealed class TestCertificates
{
    public static readonly TestCertificates Shared = new("story ca");

    /// <summary>Another authority, whom nobody trusts.</summary>
    public static readonly TestCertificates Stranger = new("stranger ca");

    private readonly X509Certificate2 _authority;

    private TestCertificates(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        Ca = [X509CertificateLoader.LoadCertificate(_authority.RawData)];
        Server = Issue("server", "1.3.6.1.5.5.7.3.1");
        Client = Issue("client", "1.3.6.1.5.5.7.3.2");
    }

    public X509Certificate2Collection Ca { get; }

    public CertificateMaterial Server { get; }

    public CertificateMaterial Client { get; }

    /// <summary>Another generation of <see cref="Server"/>.</summary>
    public CertificateMaterial IssueServer(string name) => Issue(name, "1.3.6.1.5.5.7.3.1");

    /// <summary>Another generation of <see cref="Client"/>.</summary>
    public CertificateMaterial IssueClient(string name) => Issue(name, "1.3.6.1.5.5.7.3.2");

    /// <summary>Of a client that trusts this authority alone.</summary>
    /// <param name="protocols">Offered by ALPN, in this order; none: no ALPN.</param>
    public SslClientAuthenticationOptions ClientOptions(params SslApplicationProtocol[] protocols) => new()
    {
        TargetHost = "localhost",
        ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols],
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { Ca[0] },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };

    private CertificateMaterial Issue(string name, string usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var serial = RandomNumberGenerator.GetBytes(12);
        serial[0] &= 0x7f;
        using var issued = request.Create(_authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(7), serial);
        return new CertificateMaterial($"{name}.pem", issued.CopyWithPrivateKey(key), []);
    }
}
