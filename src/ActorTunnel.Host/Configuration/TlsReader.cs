using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads the two kinds of <c>tls</c> sections and loads their files.</summary>
/// <param name="files">Reads PEM.</param>
/// <param name="now">To warn of certificates that are out of date.</param>
internal sealed class TlsReader(CertificateFiles files, DateTimeOffset now)
{
    private static readonly ValueKind<string> Pem = ValueKind.Text with { Allowed = "the path of a PEM file" };

    /// <summary>Null where a mistake leaves no certificate.</summary>
    internal ServerTlsSettings? ReadServer(SectionReader section)
    {
        var certificate = ReadCertificate(section, required: true);
        var clientCa = ReadBundle(section, "client-ca", section.Optional("client-ca", Pem));
        var trustDomain = section.Optional("client-trust-domain", ValueKind.TrustDomain);
        if (trustDomain is not null && !section.IsGiven("client-ca"))
        {
            section.Mistake("client-trust-domain", "needs client-ca: no client certificate is asked for", null);
        }

        var allowTls12 = section.Get("tls12", ValueKind.Flag);
        return certificate is null
            ? null
            : new ServerTlsSettings { Certificate = certificate, ClientCa = clientCa, ClientTrustDomain = trustDomain, AllowTls12 = allowTls12 };
    }

    internal ClientTlsSettings ReadClient(SectionReader section)
    {
        var skip = section.Get("insecure-skip-verify", ValueKind.Flag);
        var ca = skip ? section.Optional("ca", Pem) : section.Required("ca", Pem);
        var settings = new ClientTlsSettings
        {
            Ca = ReadBundle(section, "ca", ca) ?? [],
            VerifyName = section.Optional("verify-name", ValueKind.Host),
            VerifySpiffeId = section.Optional("verify-spiffe-id", ValueKind.SpiffeId),
            Certificate = ReadCertificate(section, required: false),
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

        return settings;
    }

    private CertificateMaterial? ReadCertificate(SectionReader section, bool required)
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

        if (certificate is null || key is null)
        {
            return null;
        }

        var material = files.LoadWithKey(certificate, key, out var certificateProblem, out var keyProblem);
        if (certificateProblem is not null)
        {
            section.Mistake("cert", $"this file {certificateProblem}", "a PEM file with the certificate, intermediates behind it");
        }

        if (keyProblem is not null)
        {
            section.Mistake("key", $"this file {keyProblem}", "a PEM file with the private key of cert");
        }

        if (material is not null)
        {
            WarnOfDates(section, "cert", material.Leaf);
        }

        return material;
    }

    private X509Certificate2Collection? ReadBundle(SectionReader section, string key, string? path)
    {
        if (path is null)
        {
            return null;
        }

        var bundle = files.LoadBundle(path, out var problem);
        if (problem is not null)
        {
            section.Mistake(key, $"this file {problem}", "a PEM file with one or more certificates");
        }

        foreach (var certificate in bundle ?? [])
        {
            WarnOfDates(section, key, certificate);
        }

        return bundle;
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
