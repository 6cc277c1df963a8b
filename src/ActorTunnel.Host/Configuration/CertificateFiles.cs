using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>
/// Makes certificates of PEM. What is wrong with a file comes back as a phrase that follows its name; nothing is thrown for a bad file.
/// </summary>
internal static class CertificateFiles
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";

    /// <summary>All certificates of a file, at least one.</summary>
    internal static X509Certificate2Collection? LoadBundle(PemFile file, out string? problem)
    {
        problem = file.Problem;
        if (file.Text is not { } pem)
        {
            return null;
        }

        if (pem.AsSpan().Count(Begin) != pem.AsSpan().Count(End))
        {
            // The base library passes over a block that does not end: a file that was written half would be a shorter list.
            problem = "ends within a PEM block";
            return null;
        }

        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            problem = certificates.Count == 0 ? "holds no certificate in PEM" : null;
            return problem is null ? certificates : null;
        }
        catch (CryptographicException)
        {
            // The PEM frame is there, what it holds is no certificate.
            problem = "holds a damaged certificate";
            return null;
        }
    }

    /// <summary>A certificate with its key; certificates behind the first one are the chain that is sent with it.</summary>
    /// <param name="certificate">The leaf first.</param>
    /// <param name="key">Its key, not encrypted.</param>
    /// <param name="certificateProblem">What is wrong with the first file, or null.</param>
    /// <param name="keyProblem">What is wrong with the second file, or null.</param>
    internal static CertificateMaterial? LoadWithKey(
        PemFile certificate, PemFile key, out string? certificateProblem, out string? keyProblem)
    {
        var chain = LoadBundle(certificate, out certificateProblem);
        keyProblem = key.Problem;
        if (chain is null || key.Text is not { } pem)
        {
            return null;
        }

        if (pem.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)
            || pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            keyProblem = "holds an encrypted key; its password cannot be given";
            return null;
        }

        if (!pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            keyProblem = "holds no private key in PEM";
            return null;
        }

        using var bare = chain[0];
        chain.RemoveAt(0);
        var leaf = Join(bare, pem, out keyProblem);
        return leaf is null ? null : new CertificateMaterial(certificate.Path, leaf, chain);
    }

    private static X509Certificate2? Join(X509Certificate2 certificate, string keyPem, out string? problem)
    {
        try
        {
            problem = null;
            if (certificate.GetRSAPublicKey() is { } rsaPublic)
            {
                rsaPublic.Dispose();
                using var key = RSA.Create();
                key.ImportFromPem(keyPem);
                return certificate.CopyWithPrivateKey(key);
            }

            if (certificate.GetECDsaPublicKey() is { } ecPublic)
            {
                ecPublic.Dispose();
                using var key = ECDsa.Create();
                key.ImportFromPem(keyPem);
                return certificate.CopyWithPrivateKey(key);
            }

            problem = "cannot be used: the certificate's key is neither RSA nor ECDSA";
        }
        catch (Exception refused) when (refused is CryptographicException or ArgumentException)
        {
            // Another algorithm, other parameters, or another key: the base library's texts tell these no better apart.
            problem = "holds a key that does not belong to the certificate";
        }

        return null;
    }
}
