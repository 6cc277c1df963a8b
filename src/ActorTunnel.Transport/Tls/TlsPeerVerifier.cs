using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace ActorTunnel.Transport.Tls;

/// <summary>Whom a peer's certificate must belong to, besides being issued by a trusted authority.</summary>
public abstract record TlsPeerName
{
    /// <summary>Whoever the authority knows.</summary>
    public sealed record Any : TlsPeerName;

    /// <summary>A DNS name or an IP address among the subject alternative names.</summary>
    public sealed record Host(string Name) : TlsPeerName;

    /// <summary>The only URI among the subject alternative names is this SPIFFE id.</summary>
    public sealed record SpiffeId(string Id) : TlsPeerName;

    /// <summary>The only URI among the subject alternative names is a SPIFFE id of this trust domain.</summary>
    public sealed record SpiffeTrustDomain(string Domain) : TlsPeerName;
}

/// <summary>Checks a peer's certificate against our own authorities. Revocation is not asked for, and nothing is downloaded.</summary>
public sealed class TlsPeerVerifier
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string SpiffeScheme = "spiffe://";

    // RFC 5280 §4.2.1.6: uniformResourceIdentifier is [6] of GeneralName.
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    private readonly X509Certificate2Collection _authorities;
    private readonly TlsPeerName _name;
    private readonly string _usage;

    /// <param name="authorities">The only roots.</param>
    /// <param name="name">Whom to expect.</param>
    /// <param name="peerIsServer">Which extended key usage the certificate must allow.</param>
    public TlsPeerVerifier(X509Certificate2Collection authorities, TlsPeerName name, bool peerIsServer)
    {
        _authorities = authorities;
        _name = name;
        _usage = peerIsServer ? ServerAuthentication : ClientAuthentication;
    }

    /// <summary>For a look ahead: dates change by themselves.</summary>
    public bool IgnoreDates { get; init; }

    /// <summary>Null when the certificate is good, else what is wrong with it.</summary>
    /// <param name="certificate">The peer's, or null where it sent none.</param>
    /// <param name="sent">What the peer sent with it.</param>
    public string? Problem(X509Certificate2? certificate, X509Certificate2Collection? sent)
    {
        if (certificate is null)
        {
            return "the peer sent no certificate";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(_usage));
        if (IgnoreDates)
        {
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        }

        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent);
        }

        if (!chain.Build(certificate))
        {
            return "its certificate is not valid: " + string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
        }

        return NameProblem(certificate);
    }

    private string? NameProblem(X509Certificate2 certificate) => _name switch
    {
        TlsPeerName.Any => null,
        TlsPeerName.Host host => certificate.MatchesHostname(host.Name, allowCommonName: false)
            ? null
            : $"its certificate is not for {host.Name}",
        TlsPeerName.SpiffeId spiffe => SpiffeProblem(certificate, id => id == spiffe.Id, spiffe.Id),
        TlsPeerName.SpiffeTrustDomain trust => SpiffeProblem(
            certificate,
            id => id.StartsWith($"{SpiffeScheme}{trust.Domain}/", StringComparison.Ordinal),
            $"trust domain {trust.Domain}"),
        _ => throw new InvalidOperationException($"No check for {_name.GetType().Name}."),
    };

    private static string? SpiffeProblem(X509Certificate2 certificate, Func<string, bool> matches, string wanted)
    {
        var constraints = certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault();
        if (constraints is { CertificateAuthority: true })
        {
            return "its certificate is an authority's";
        }

        var uris = ReadUris(certificate);
        return uris switch
        {
            null => "its subject alternative names cannot be read",
            [var uri] when uri.StartsWith(SpiffeScheme, StringComparison.Ordinal) => matches(uri) ? null : $"its SPIFFE id is not of {wanted}",
            _ => "its certificate does not have exactly one spiffe:// URI",
        };
    }

    private static List<string>? ReadUris(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value != SubjectAlternativeName)
            {
                continue;
            }

            try
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (names.PeekTag().HasSameClassAndValue(UriTag))
                    {
                        uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
                    }
                    else
                    {
                        names.ReadEncodedValue();
                    }
                }
            }
            catch (AsnContentException)
            {
                // What a peer sends may be anything.
                return null;
            }
        }

        return uris;
    }
}
