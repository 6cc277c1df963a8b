using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.Host.Tests.Configuration;

/// <summary>Certificates of a CA made for one test, as PEM files in <c>certs/</c> of a folder.</summary>
internal static class TestCertificates
{
    public static readonly DateTimeOffset ValidFrom = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset ValidUntil = ValidFrom.AddYears(1);

    // Keys take long to make, and no test changes them.
    private static readonly Lazy<Dictionary<string, string>> Files = new(Create);

    /// <summary>
    /// ca, server, client, node, member (with a SPIFFE id of mesh.local), expired, stranger (of another authority): each <c>NAME.pem</c> and, but for the CA,
    /// <c>NAME-key.pem</c>.
    /// </summary>
    public static void Write(TemporaryFolder folder)
    {
        foreach (var (name, pem) in Files.Value)
        {
            folder.Write($"certs/{name}.pem", pem);
        }
    }

    private static Dictionary<string, string> Create()
    {
        var files = new Dictionary<string, string>();
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var ca = Create("ca", caKey, issuer: null);
        files["ca"] = ca.ExportCertificatePem();

        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = Create("server", serverKey, ca);
        files["server"] = server.ExportCertificatePem() + "\n" + ca.ExportCertificatePem();
        files["server-key"] = serverKey.ExportPkcs8PrivateKeyPem();

        // A client's alone, RFC 5280 §4.2.1.12.
        var clientUsage = new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false);
        using var clientKey = RSA.Create(2048);
        var request = new CertificateRequest("CN=client", clientKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(clientUsage);
        using var client = request.Create(
            ca.SubjectName, X509SignatureGenerator.CreateForECDsa(caKey), ValidFrom, ValidUntil, [4, 5, 6]);
        using var nodeKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var node = Create("node", nodeKey, ca);
        files["node"] = node.ExportCertificatePem();
        files["node-key"] = nodeKey.ExportPkcs8PrivateKeyPem();

        using var memberKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("spiffe://mesh.local/node"));
        using var member = Create("member", memberKey, ca, names.Build());
        files["member"] = member.ExportCertificatePem();
        files["member-key"] = memberKey.ExportPkcs8PrivateKeyPem();

        using var expiredKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var expired = new CertificateRequest("CN=expired", expiredKey, HashAlgorithmName.SHA256).Create(
            ca.SubjectName, X509SignatureGenerator.CreateForECDsa(caKey), ValidFrom.AddYears(-2), ValidFrom.AddYears(-1), [7, 8, 9]);
        files["expired"] = expired.ExportCertificatePem();
        files["expired-key"] = expiredKey.ExportPkcs8PrivateKeyPem();

        using var strangerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = Create("stranger", strangerKey, issuer: null);
        files["stranger"] = stranger.ExportCertificatePem();
        files["stranger-key"] = strangerKey.ExportPkcs8PrivateKeyPem();

        files["client"] = client.ExportCertificatePem();
        files["client-key"] = clientKey.ExportRSAPrivateKeyPem();
        files["encrypted-key"] =
            clientKey.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1));
        return files;
    }

    private static X509Certificate2 Create(string name, ECDsa key, X509Certificate2? issuer, X509Extension? names = null)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, true));
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        return issuer is null
            ? request.CreateSelfSigned(ValidFrom, ValidUntil)
            : request.Create(issuer, ValidFrom, ValidUntil, [1, 2, 3]);
    }
}
