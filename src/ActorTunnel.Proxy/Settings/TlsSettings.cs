using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.Proxy.Settings;

/// <summary>
/// A certificate with its key and the chain that is sent with it, read from PEM. Loaded and checked when the configuration is validated.
/// </summary>
/// <param name="CertificatePath">The file it came from, for messages.</param>
/// <param name="Leaf">With its private key.</param>
/// <param name="Intermediates">In the file behind the leaf; may be empty.</param>
public sealed record CertificateMaterial(string CertificatePath, X509Certificate2 Leaf, X509Certificate2Collection Intermediates);

/// <summary>TLS of a connect listener.</summary>
public sealed record ServerTlsSettings
{
    public required CertificateMaterial Certificate { get; init; }

    /// <summary>The only roots that client certificates are checked against; null: no client certificate is asked for.</summary>
    public X509Certificate2Collection? ClientCa { get; init; }

    /// <summary>SPIFFE trust domain that a client's URI SAN must belong to, or null.</summary>
    public string? ClientTrustDomain { get; init; }

    /// <summary>TLS 1.2 is accepted besides 1.3.</summary>
    public bool AllowTls12 { get; init; }
}

/// <summary>TLS towards a terminator.</summary>
public sealed record ClientTlsSettings
{
    /// <summary>The only roots that the terminator's certificate is checked against.</summary>
    public required X509Certificate2Collection Ca { get; init; }

    /// <summary>The DNS name or IP address that the terminator's certificate must carry, also sent as SNI where it is a DNS name; null only with <see cref="VerifySpiffeId"/> or <see cref="InsecureSkipVerify"/>.</summary>
    public string? VerifyName { get; init; }

    /// <summary>The SPIFFE id that the terminator's certificate must carry as its only URI SAN, or null.</summary>
    public string? VerifySpiffeId { get; init; }

    /// <summary>Our certificate for mutual TLS, or null.</summary>
    public CertificateMaterial? Certificate { get; init; }

    /// <summary>Accepts any certificate. Warned of at each start.</summary>
    public bool InsecureSkipVerify { get; init; }

    /// <summary>TLS 1.2 is accepted besides 1.3.</summary>
    public bool AllowTls12 { get; init; }
}
