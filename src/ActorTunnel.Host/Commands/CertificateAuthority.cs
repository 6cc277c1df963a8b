using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.Host.Commands;

/// <summary>Which side of a TLS handshake a certificate is for.</summary>
public enum CertificateUsage
{
    /// <summary>A terminator's listener, or an origin.</summary>
    Server,

    /// <summary>An encapsulator towards its terminators.</summary>
    Client,

    /// <summary>Both, as the members of a mesh need it.</summary>
    Node,
}

/// <summary>What a certificate's subject alternative name lists (RFC 5280 §4.2.1.6).</summary>
/// <param name="Dns">DNS names, also <c>*.suffix</c>.</param>
/// <param name="Addresses">IP addresses.</param>
/// <param name="SpiffeId">A SPIFFE id as the only URI, or null.</param>
public sealed record CertificateNames(ImmutableArray<string> Dns, ImmutableArray<IPAddress> Addresses, Uri? SpiffeId = null)
{
    /// <summary>This machine, by its name and its two loopback addresses.</summary>
    public static CertificateNames Localhost { get; } = new(["localhost"], [IPAddress.Loopback, IPAddress.IPv6Loopback]);
}

/// <summary>
/// A certificate authority for trying things and for small installations: ECDSA P-256, no intermediates, no revocation. It touches no
/// file and no clock.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>How long an authority is valid.</summary>
    public const int Years = 10;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // A certificate is used at once, often on a machine whose clock is a little behind.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private CertificateAuthority(X509Certificate2 certificate)
    {
        Certificate = certificate;
    }

    /// <summary>The authority's own certificate with its private key. It stays the authority's.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>A new authority with a key of its own, valid for <see cref="Years"/>.</summary>
    public static CertificateAuthority Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Two authorities of one name and different keys confuse those who look at a failed verification.
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var request = new CertificateRequest($"CN=ActorTunnel CA {id}, O=ActorTunnel", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        var subjectKey = new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false);
        request.CertificateExtensions.Add(subjectKey);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(subjectKey));
        return new CertificateAuthority(request.CreateSelfSigned(now - ClockSkew, now.AddYears(Years)));
    }

    /// <summary>An authority that was written earlier; false where the texts are no ECDSA authority that is valid at <paramref name="now"/>.</summary>
    public static bool TryLoad(
        string certificatePem,
        string keyPem,
        DateTimeOffset now,
        [NotNullWhen(true)] out CertificateAuthority? authority,
        [NotNullWhen(false)] out string? problem)
    {
        authority = null;
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // How the base library says that a text is no PEM of the kind, and that the key is another certificate's.
            problem = "they cannot be read, or do not belong together";
            return false;
        }

        problem = ProblemOf(certificate, now);
        if (problem is not null)
        {
            certificate.Dispose();
            return false;
        }

        authority = new CertificateAuthority(certificate);
        return true;
    }

    /// <summary>A new certificate with its private key, which the caller owns.</summary>
    /// <param name="usage">What it is for; its common name says so too.</param>
    /// <param name="names">Its subject alternative names.</param>
    /// <param name="now">Where its validity begins, less a few minutes.</param>
    /// <param name="days">How long it is valid, 1 or more; it never outlives the authority.</param>
    public X509Certificate2 Issue(CertificateUsage usage, CertificateNames names, DateTimeOffset now, int days)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={CommonName(usage)}, O=ActorTunnel", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(ExtendedKeyUsage(usage), critical: false));
        if (AlternativeNames(names) is { } alternativeNames)
        {
            request.CertificateExtensions.Add(alternativeNames);
        }

        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        var notBefore = Later(now - ClockSkew, Certificate.NotBefore);
        var notAfter = Earlier(now.AddDays(days), Certificate.NotAfter);
        using var certificate = request.Create(Certificate, notBefore, notAfter, NewSerialNumber());
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose() => Certificate.Dispose();

    private static string? ProblemOf(X509Certificate2 certificate, DateTimeOffset now)
    {
        using var key = certificate.GetECDsaPrivateKey();
        if (key is null)
        {
            return "the authority's key is no ECDSA key";
        }

        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
        {
            return "the certificate is not an authority's";
        }

        var usages = certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages;
        if (usages is { } flags && !flags.HasFlag(X509KeyUsageFlags.KeyCertSign))
        {
            return "the authority may not sign certificates";
        }

        return now < certificate.NotBefore || now >= certificate.NotAfter ? "the authority's certificate is not valid now" : null;
    }

    private static string CommonName(CertificateUsage usage) => usage switch
    {
        CertificateUsage.Server => "server",
        CertificateUsage.Client => "client",
        CertificateUsage.Node => "node",
        _ => throw new ArgumentOutOfRangeException(nameof(usage), usage, null),
    };

    private static OidCollection ExtendedKeyUsage(CertificateUsage usage)
    {
        var usages = new OidCollection();
        if (usage is CertificateUsage.Server or CertificateUsage.Node)
        {
            usages.Add(new Oid(ServerAuthentication));
        }

        if (usage is CertificateUsage.Client or CertificateUsage.Node)
        {
            usages.Add(new Oid(ClientAuthentication));
        }

        return usages;
    }

    private static X509Extension? AlternativeNames(CertificateNames names)
    {
        // An extension that lists nothing is not well-formed: SEQUENCE SIZE (1..MAX).
        if (names.Dns.IsEmpty && names.Addresses.IsEmpty && names.SpiffeId is null)
        {
            return null;
        }

        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names.Dns)
        {
            builder.AddDnsName(name);
        }

        foreach (var address in names.Addresses)
        {
            builder.AddIpAddress(address);
        }

        if (names.SpiffeId is not null)
        {
            builder.AddUri(names.SpiffeId);
        }

        return builder.Build();
    }

    /// <summary>RFC 5280 §4.1.2.2: positive and at most 20 octets; 127 random bits here.</summary>
    private static byte[] NewSerialNumber()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        // The first bit would make it negative; the second keeps its length fixed and the number from zero.
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
