using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Transport.Tls;

namespace ActorTunnel.Host.Configuration;

/// <summary>
/// Whether the certificate of a member is one that members with the same settings take. Where it is not, the node never joins, and the others log it without end.
/// Dates are left out: they are warned of, and the clock may be the one that is wrong.
/// </summary>
internal static class MemberCertificate
{
    private const string AllowedUsage = "a certificate for servers and clients alike";
    private const string AllowedIssuer = "a certificate that ca issued, with a SPIFFE id of trust-domain where that is set";

    // RFC 5280 §4.2.1.12: a certificate without this extension is for every purpose.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Null where it is, else what is wrong as a phrase that follows the name of the certificate's file, and what is allowed.</summary>
    internal static (string Problem, string Allowed)? ProblemOf(TlsMaterial material, string? trustDomain)
    {
        if (material is not { Certificate: { } own, Ca: { } ca })
        {
            return null;
        }

        if (!IsForBothSides(own.Leaf))
        {
            return ("holds a certificate whose extended key usage is not for both servers and clients; a member is both to the others", AllowedUsage);
        }

        TlsPeerName name = trustDomain is null ? new TlsPeerName.Any() : new TlsPeerName.SpiffeTrustDomain(trustDomain);
        return (RefusedAs(isServer: true) ?? RefusedAs(isServer: false)) is { } refused
            ? ($"holds a certificate that members with the same ca{(trustDomain is null ? "" : " and trust-domain")} refuse: {refused}", AllowedIssuer)
            : null;

        string? RefusedAs(bool isServer) => new TlsPeerVerifier(ca, name, isServer) { IgnoreDates = true }.Problem(own.Leaf, own.Intermediates);
    }

    private static bool IsForBothSides(X509Certificate2 leaf)
    {
        var usages = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()?.EnhancedKeyUsages.Cast<Oid>().ToList();
        return usages is null || (Has(ServerAuthentication) && Has(ClientAuthentication));

        bool Has(string usage) => usages.Exists(oid => oid.Value == usage);
    }
}
