using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Mesh.Lives;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.TestSupport.Certificates;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>Certificates of members.</summary>
internal static class TestMeshTls
{
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>A member's part in TLS, with a certificate of its own that our authority has signed, where nothing else is said.</summary>
    public static MeshTls Of(
        string name,
        string? trustDomain = null,
        X509Certificate2? authority = null,
        string id = "spiffe://mesh.example/node",
        string usages = $"{ServerAuthentication} {ClientAuthentication}")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        var oids = new OidCollection();
        foreach (var usage in usages.Split(' '))
        {
            oids.Add(new Oid(usage));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(id));
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.Create(authority ?? TestCertificates.Authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return new MeshTls(new CertificateMaterial($"{name}.pem", certificate.CopyWithPrivateKey(key), []), [TestCertificates.Authority], trustDomain);
    }
}
