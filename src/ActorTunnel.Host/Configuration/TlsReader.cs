using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads the three kinds of <c>tls</c> sections and loads their files.</summary>
/// <param name="workingDirectory">What paths are relative to.</param>
/// <param name="now">To warn of certificates that are out of date.</param>
internal sealed class TlsReader(string workingDirectory, DateTimeOffset now)
{
    private static readonly ValueKind<string> Pem = ValueKind.Text with { Allowed = "the path of a PEM file" };

    private readonly List<TlsSection> _sections = [];

    /// <summary>All that were read without a mistake.</summary>
    internal IReadOnlyList<TlsSection> Sections => _sections;

    /// <summary>Null where a mistake leaves no certificate.</summary>
    internal ServerTlsSettings? ReadServer(string listener, SectionReader section)
    {
        var (certificate, key) = CertificatePaths(section, required: true);
        var files = FilesOf(section.Optional("client-ca", Pem), certificate, key);
        var contents = files.Read();
        var material = Load(section, "client-ca", contents);
        var trustDomain = section.Optional("client-trust-domain", ValueKind.TrustDomain);
        if (trustDomain is not null && !section.IsGiven("client-ca"))
        {
            section.Mistake("client-trust-domain", "needs client-ca: no client certificate is asked for", null);
        }

        var allowTls12 = section.Get("tls12", ValueKind.Flag);
        if (material.Certificate is null)
        {
            return null;
        }

        var settings = new ServerTlsSettings
        {
            Certificate = material.Certificate, ClientCa = material.Ca, ClientTrustDomain = trustDomain, AllowTls12 = allowTls12,
        };
        _sections.Add(new TlsSection.OfListener(listener, files, contents.Fingerprint(), settings));
        return settings;
    }

    internal ClientTlsSettings ReadClient(string upstream, SectionReader section)
    {
        var skip = section.Get("insecure-skip-verify", ValueKind.Flag);
        var ca = skip ? section.Optional("ca", Pem) : section.Required("ca", Pem);
        var (certificate, key) = CertificatePaths(section, required: false);
        var files = FilesOf(ca, certificate, key);
        var contents = files.Read();
        var material = Load(section, "ca", contents);
        var settings = new ClientTlsSettings
        {
            Ca = material.Ca ?? [],
            VerifyName = section.Optional("verify-name", ValueKind.Host),
            VerifySpiffeId = section.Optional("verify-spiffe-id", ValueKind.SpiffeId),
            Certificate = material.Certificate,
            InsecureSkipVerify = skip,
            AllowTls12 = section.Get("tls12", ValueKind.Flag),
        };

        if (skip)
        {
            section.Warn("insecure-skip-verify", "whatever certificate the terminator shows is accepted");
        }
        else if (!section.IsGiven("verify-name") && !section.IsGiven("verify-spiffe-id"))
        {
            section.Mistake(
                "has neither verify-name nor verify-spiffe-id", "at least one of the two: a certificate of the CA alone does not say whose it is");
        }

        _sections.Add(new TlsSection.OfUpstream(upstream, files, contents.Fingerprint(), settings));
        return settings;
    }

    /// <summary>Null where a mistake leaves no certificates.</summary>
    internal MeshTls? ReadMesh(string node, SectionReader section)
    {
        var ca = section.Required("ca", Pem);
        var (certificate, key) = CertificatePaths(section, required: true);
        var files = FilesOf(ca, certificate, key);
        var contents = files.Read();
        var material = Load(section, "ca", contents);
        var trustDomain = section.Optional("trust-domain", ValueKind.TrustDomain);
        if (material.Certificate is null || material.Ca is null)
        {
            return null;
        }

        if (MemberCertificate.ProblemOf(material, trustDomain) is var (problem, allowed))
        {
            section.Mistake("cert", $"this file {problem}", allowed);
            return null;
        }

        var settings = new MeshTls(material.Certificate, material.Ca, trustDomain);
        _sections.Add(new TlsSection.OfMesh(node, files, contents.Fingerprint(), settings));
        return settings;
    }

    /// <summary>Both or neither.</summary>
    private static (string? Certificate, string? Key) CertificatePaths(SectionReader section, bool required)
    {
        var certificate = section.Optional("cert", Pem);
        var key = section.Optional("key", Pem);
        foreach (var (given, other) in new[] { ("key", "cert"), ("cert", "key") })
        {
            if (!section.IsGiven(other) && (required || section.IsGiven(given)))
            {
                section.Missing(other, Pem.Allowed);
            }
        }

        return certificate is null || key is null ? (null, null) : (certificate, key);
    }

    private TlsFiles FilesOf(string? ca, string? certificate, string? key)
    {
        return new TlsFiles(Full(ca), Full(certificate), Full(key));

        string? Full(string? path) => path is null ? null : Path.Combine(workingDirectory, path);
    }

    private TlsMaterial Load(SectionReader section, string caKey, TlsContents contents)
    {
        var material = contents.Load();
        Report(caKey, material.CaProblem, "a PEM file with one or more certificates");
        Report("cert", material.CertificateProblem, "a PEM file with the certificate, intermediates behind it");
        Report("key", material.KeyProblem, "a PEM file with the private key of cert");
        foreach (var certificate in material.Ca ?? [])
        {
            WarnOfDates(section, caKey, certificate);
        }

        if (material.Certificate is { } own)
        {
            WarnOfDates(section, "cert", own.Leaf);
        }

        return material;

        void Report(string key, string? problem, string allowed)
        {
            if (problem is not null)
            {
                section.Mistake(key, $"this file {problem}", allowed);
            }
        }
    }

    /// <summary>Only a warning: the clock may be wrong, and the file may be replaced while the process runs.</summary>
    private void WarnOfDates(SectionReader section, string key, X509Certificate2 certificate)
    {
        if (now > certificate.NotAfter)
        {
            section.Warn(key, FormattableString.Invariant($"the certificate '{certificate.Subject}' expired at {certificate.NotAfter.ToUniversalTime():u}"));
        }
        else if (now < certificate.NotBefore)
        {
            section.Warn(key, FormattableString.Invariant($"the certificate '{certificate.Subject}' is valid only from {certificate.NotBefore.ToUniversalTime():u}"));
        }
    }
}
