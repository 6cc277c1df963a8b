using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>The files of one <c>tls</c> section, null where it has none; full paths.</summary>
internal sealed record TlsFiles(string? Ca, string? Certificate, string? Key)
{
    /// <summary>Reads each of them once.</summary>
    internal TlsContents Read() => new(Of(Ca), Of(Certificate), Of(Key));

    private static PemFile? Of(string? path) => path is null ? null : PemFile.Read(path);
}

/// <summary>What the files of one <c>tls</c> section held at one moment.</summary>
internal sealed record TlsContents(PemFile? Ca, PemFile? Certificate, PemFile? Key)
{
    /// <summary>The same for the same contents, and only for these. It is a hash, since the key is among them.</summary>
    internal string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in new[] { Ca, Certificate, Key })
        {
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(file?.Text ?? file?.Problem ?? "")));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Makes certificates of them.</summary>
    internal TlsMaterial Load()
    {
        string? caProblem = null, certificateProblem = null, keyProblem = null;
        var ca = Ca is null ? null : CertificateFiles.LoadBundle(Ca, out caProblem);
        var certificate = Certificate is null || Key is null
            ? null
            : CertificateFiles.LoadWithKey(Certificate, Key, out certificateProblem, out keyProblem);
        return new TlsMaterial(ca, certificate)
        {
            CaProblem = caProblem,
            CertificateProblem = certificateProblem,
            KeyProblem = keyProblem,
            Problem = Problem(Ca, caProblem) ?? Problem(Certificate, certificateProblem) ?? Problem(Key, keyProblem),
        };
    }

    private static string? Problem(PemFile? file, string? problem) => problem is null ? null : $"{file!.Path} {problem}";
}

/// <summary>The certificates of one <c>tls</c> section. A problem is a phrase that follows the name of its file.</summary>
/// <param name="Ca">Null where there is none, or a problem with it.</param>
/// <param name="Certificate">Null where there is none, or a problem with it or its key.</param>
internal sealed record TlsMaterial(X509Certificate2Collection? Ca, CertificateMaterial? Certificate)
{
    internal required string? CaProblem { get; init; }

    internal required string? CertificateProblem { get; init; }

    internal required string? KeyProblem { get; init; }

    /// <summary>The first of the problems with its file, or null: all of it can be used together.</summary>
    internal required string? Problem { get; init; }
}
