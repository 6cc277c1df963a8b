using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Proxy.Settings;
using Xunit;

namespace ActorTunnel.Host.Tests.Certificates;

/// <summary>A certificate and its key as text.</summary>
internal sealed record PemPair(string Subject, string Certificate, string Key)
{
    public static PemPair Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new PemPair($"CN={name}", certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}

/// <summary>The files of a listener's <c>tls</c> section in a folder: <c>ca.pem</c>, <c>cert.pem</c>, <c>key.pem</c>.</summary>
internal static class CertificateStore
{
    public static readonly PemPair Old = PemPair.Create("old");
    public static readonly PemPair New = PemPair.Create("new");

    public static void Write(this TemporaryFolder folder, PemPair pair)
    {
        folder.Write("cert.pem", pair.Certificate);
        folder.Write("key.pem", pair.Key);
    }

    /// <summary>The section as it was read at the start.</summary>
    public static TlsSection.OfListener Section(this TemporaryFolder folder, string below = "")
    {
        var files = new TlsFiles(folder.File(below + "ca.pem"), folder.File(below + "cert.pem"), folder.File(below + "key.pem"));
        var contents = files.Read();
        var material = contents.Load();
        Assert.Null(material.Problem);
        return new TlsSection.OfListener(
            "in", files, contents.Fingerprint(), new ServerTlsSettings { Certificate = material.Certificate!, ClientCa = material.Ca });
    }
}
