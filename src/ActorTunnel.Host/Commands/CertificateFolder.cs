using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ActorTunnel.Host.Commands;

/// <summary>What was written.</summary>
/// <param name="Paths">The new files, in the order in which they were written.</param>
/// <param name="AuthorityReused">The authority was there already and has signed the new certificates.</param>
public sealed record WrittenCertificates(ImmutableArray<string> Paths, bool AuthorityReused);

/// <summary>
/// A folder with an authority and a server, a client and a node certificate in PEM: <c>ca.pem</c>, <c>ca-key.pem</c>, <c>server.pem</c>, and so
/// on. Keys are created readable for their owner only. Nothing is ever overwritten: where one of the files exists, none is
/// written, with one exception: an authority that lies there alone, certificate and key, signs the rest.
/// </summary>
public static class CertificateFolder
{
    private const string Authority = "ca";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly ImmutableArray<(string Name, CertificateUsage Usage)> Leaves =
    [
        ("server", CertificateUsage.Server), ("client", CertificateUsage.Client), ("node", CertificateUsage.Node),
    ];

    /// <summary>Makes the certificates and writes them.</summary>
    /// <param name="directory">Created where it is missing.</param>
    /// <param name="names">In all three certificates.</param>
    /// <param name="now">Where their validity begins.</param>
    /// <param name="days">How long the three are valid.</param>
    /// <param name="written">The files.</param>
    /// <param name="problem">One line. After it no new file is left in the folder.</param>
    public static bool TryWrite(
        string directory,
        CertificateNames names,
        DateTimeOffset now,
        int days,
        [NotNullWhen(true)] out WrittenCertificates? written,
        [NotNullWhen(false)] out string? problem)
    {
        written = null;
        string CertificatePath(string name) => Path.Combine(directory, $"{name}.pem");
        string KeyPath(string name) => Path.Combine(directory, $"{name}-key.pem");

        var existing = Leaves.SelectMany(leaf => new[] { CertificatePath(leaf.Name), KeyPath(leaf.Name) }).FirstOrDefault(Path.Exists);
        var hasAuthority = Path.Exists(CertificatePath(Authority));
        if (hasAuthority != Path.Exists(KeyPath(Authority)))
        {
            existing ??= hasAuthority ? CertificatePath(Authority) : KeyPath(Authority);
        }

        if (existing is not null)
        {
            problem = $"{existing} exists already; nothing was written";
            return false;
        }

        var created = new List<string>();
        try
        {
            Directory.CreateDirectory(directory);
            if (!TryGetAuthority(hasAuthority, CertificatePath(Authority), KeyPath(Authority), now, out var authority, out problem))
            {
                return false;
            }

            using (authority)
            {
                if (!hasAuthority)
                {
                    WritePair(authority.Certificate, CertificatePath(Authority), KeyPath(Authority), created);
                }

                foreach (var (name, usage) in Leaves)
                {
                    using var leaf = authority.Issue(usage, names, now, days);
                    WritePair(leaf, CertificatePath(name), KeyPath(name), created);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A full disk, a folder that is not ours, or a file that appeared since we looked: the folder goes back to what it was.
            created.ForEach(File.Delete);
            problem = exception.Message;
            return false;
        }

        written = new WrittenCertificates([.. created], hasAuthority);
        problem = null;
        return true;
    }

    private static bool TryGetAuthority(
        bool exists,
        string certificatePath,
        string keyPath,
        DateTimeOffset now,
        [NotNullWhen(true)] out CertificateAuthority? authority,
        [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (!exists)
        {
            authority = CertificateAuthority.Create(now);
            return true;
        }

        if (CertificateAuthority.TryLoad(File.ReadAllText(certificatePath), File.ReadAllText(keyPath), now, out authority, out var reason))
        {
            return true;
        }

        problem = $"{certificatePath} and {keyPath} exist but cannot be used: {reason}; nothing was written";
        return false;
    }

    private static void WritePair(X509Certificate2 certificate, string certificatePath, string keyPath, List<string> created)
    {
        Write(certificatePath, certificate.ExportCertificatePem() + "\n", created, mode: null);
        using var key = certificate.GetECDsaPrivateKey()!;
        Write(keyPath, key.ExportPkcs8PrivateKeyPem() + "\n", created, OwnerOnly);
    }

    private static void Write(string path, string text, List<string> created, UnixFileMode? mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // Windows has no modes; there the folder's access list protects the keys.
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using var file = new FileStream(path, options);
        created.Add(path);
        file.Write(Encoding.ASCII.GetBytes(text));
    }
}
