using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>
/// Loads PEM files. What is wrong with one comes back as a phrase that follows the file's name; nothing is thrown for a bad file.
/// </summary>
/// <param name="workingDirectory">What relative paths are relative to.</param>
internal sealed class CertificateFiles(string workingDirectory)
{
    /// <summary>All certificates of a file, at least one.</summary>
    internal X509Certificate2Collection? LoadBundle(string path, out string? problem)
    {
        var pem = Read(path, out problem);
        if (pem is null)
        {
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
    /// <param name="certificatePath">The leaf first.</param>
    /// <param name="keyPath">Its key, not encrypted.</param>
    /// <param name="certificateProblem">What is wrong with the first file, or null.</param>
    /// <param name="keyProblem">What is wrong with the second file, or null.</param>
    internal CertificateMaterial? LoadWithKey(
        string certificatePath, string keyPath, out string? certificateProblem, out string? keyProblem)
    {
        var chain = LoadBundle(certificatePath, out certificateProblem);
        var pem = Read(keyPath, out keyProblem);
        if (chain is null || pem is null)
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
        return leaf is null ? null : new CertificateMaterial(certificatePath, leaf, chain);
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

    private string? Read(string path, out string? problem)
    {
        try
        {
            problem = null;
            return File.ReadAllText(Path.Combine(workingDirectory, path));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            // The usual case gets plain words; the reader needs no more.
            problem = "does not exist";
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // What the operating system says about the file is what the operator has to know.
            problem = $"cannot be read: {refused.Message}";
        }

        return null;
    }
}
