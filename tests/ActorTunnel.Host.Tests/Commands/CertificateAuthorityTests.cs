using System.Formats.Asn1;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Numerics;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Host.Commands;
using Xunit;

namespace ActorTunnel.Host.Tests.Commands;

public sealed class CertificateAuthorityTests
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string SubjectAlternativeName = "2.5.29.17";

    private static readonly DateTimeOffset Now = new(2031, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Fact]
    public void An_authority_may_sign_certificates_and_nothing_else_for_ten_years()
    {
        using var authority = CertificateAuthority.Create(Now);
        var certificate = authority.Certificate;

        var constraints = Extension<X509BasicConstraintsExtension>(certificate);
        Assert.True(constraints is { CertificateAuthority: true, Critical: true, HasPathLengthConstraint: true, PathLengthConstraint: 0 });
        var usage = Extension<X509KeyUsageExtension>(certificate);
        Assert.Equal(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, usage.KeyUsages);
        Assert.True(usage.Critical);
        Assert.Equal(Now.AddYears(10).UtcDateTime, certificate.NotAfter.ToUniversalTime());
        Assert.Equal(
            Extension<X509SubjectKeyIdentifierExtension>(certificate).SubjectKeyIdentifierBytes.ToArray(),
            Extension<X509AuthorityKeyIdentifierExtension>(certificate).KeyIdentifier!.Value.ToArray());
    }

    [Theory]
    [InlineData(CertificateUsage.Server, "CN=server, O=ActorTunnel", new[] { ServerAuthentication })]
    [InlineData(CertificateUsage.Client, "CN=client, O=ActorTunnel", new[] { ClientAuthentication })]
    [InlineData(CertificateUsage.Node, "CN=node, O=ActorTunnel", new[] { ServerAuthentication, ClientAuthentication })]
    public void A_certificate_is_for_its_usage_only(CertificateUsage usage, string subject, string[] extendedUsages)
    {
        using var authority = CertificateAuthority.Create(Now);
        using var leaf = authority.Issue(usage, CertificateNames.Localhost, Now, days: 30);

        Assert.Equal(subject, leaf.Subject);
        Assert.Equal(authority.Certificate.Subject, leaf.Issuer);
        Assert.True(leaf.HasPrivateKey);
        Assert.True(Extension<X509BasicConstraintsExtension>(leaf) is { CertificateAuthority: false, Critical: true });
        Assert.True(Extension<X509KeyUsageExtension>(leaf) is { KeyUsages: X509KeyUsageFlags.DigitalSignature, Critical: true });
        Assert.Equal(
            extendedUsages.Order(),
            Extension<X509EnhancedKeyUsageExtension>(leaf).EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value!).Order());
        Assert.Equal(
            Extension<X509SubjectKeyIdentifierExtension>(authority.Certificate).SubjectKeyIdentifierBytes.ToArray(),
            Extension<X509AuthorityKeyIdentifierExtension>(leaf).KeyIdentifier!.Value.ToArray());
        using var key = leaf.GetECDsaPrivateKey();
        Assert.Equal(256, key!.KeySize);
    }

    [Fact]
    public void A_certificate_names_hosts_addresses_and_one_SPIFFE_id()
    {
        var spiffe = new Uri("spiffe://example.org/tunnel/A");
        using var authority = CertificateAuthority.Create(Now);
        using var leaf = authority.Issue(
            CertificateUsage.Server,
            new CertificateNames(["a.example", "*.b.example"], [IPAddress.Parse("192.0.2.7"), IPAddress.Parse("2001:db8::1")], spiffe),
            Now,
            days: 30);

        var names = Extension<X509SubjectAlternativeNameExtension>(leaf);
        Assert.Equal(["a.example", "*.b.example"], names.EnumerateDnsNames());
        Assert.Equal(["192.0.2.7", "2001:db8::1"], names.EnumerateIPAddresses().Select(address => address.ToString()));
        Assert.Equal(["spiffe://example.org/tunnel/A"], UriNames(leaf));
    }

    [Fact]
    public void A_certificate_without_names_has_no_list_of_names()
    {
        using var authority = CertificateAuthority.Create(Now);
        using var leaf = authority.Issue(CertificateUsage.Client, new CertificateNames([], []), Now, days: 30);

        Assert.DoesNotContain(leaf.Extensions, extension => extension.Oid!.Value == SubjectAlternativeName);
    }

    [Fact]
    public void A_chain_is_valid_from_a_few_minutes_before_it_was_made_until_its_days_are_over()
    {
        using var authority = CertificateAuthority.Create(Now);
        using var leaf = authority.Issue(CertificateUsage.Node, CertificateNames.Localhost, Now, days: 30);

        Assert.True(IsTrusted(leaf, authority, Now.AddMinutes(-4), ServerAuthentication));
        Assert.True(IsTrusted(leaf, authority, Now.AddDays(30).AddSeconds(-1), ClientAuthentication));
        Assert.False(IsTrusted(leaf, authority, Now.AddMinutes(-6), ServerAuthentication));
        Assert.False(IsTrusted(leaf, authority, Now.AddDays(30).AddSeconds(1), ServerAuthentication));
    }

    [Fact]
    public void A_certificate_never_outlives_its_authority_nor_begins_before_it()
    {
        using var authority = CertificateAuthority.Create(Now);
        using var late = authority.Issue(CertificateUsage.Server, CertificateNames.Localhost, Now.AddYears(10).AddDays(-1), days: 30);
        using var early = authority.Issue(CertificateUsage.Server, CertificateNames.Localhost, Now.AddMinutes(-3), days: 30);

        Assert.Equal(authority.Certificate.NotAfter, late.NotAfter);
        Assert.Equal(authority.Certificate.NotBefore, early.NotBefore);
    }

    [Fact]
    public void A_certificate_of_one_authority_is_not_trusted_under_another()
    {
        using var authority = CertificateAuthority.Create(Now);
        using var other = CertificateAuthority.Create(Now);
        using var leaf = authority.Issue(CertificateUsage.Server, CertificateNames.Localhost, Now, days: 30);

        Assert.NotEqual(authority.Certificate.Subject, other.Certificate.Subject);
        Assert.False(IsTrusted(leaf, other, Now, ServerAuthentication));
    }

    [Fact]
    public void Serial_numbers_are_positive_of_sixteen_octets_and_all_different()
    {
        using var authority = CertificateAuthority.Create(Now);
        var serials = new HashSet<BigInteger>();
        for (var i = 0; i < 50; i++)
        {
            using var leaf = authority.Issue(CertificateUsage.Client, CertificateNames.Localhost, Now, days: 1);
            var serial = new BigInteger(leaf.SerialNumberBytes.Span, isBigEndian: true);
            Assert.True(serial > 0);
            Assert.Equal(16, leaf.SerialNumberBytes.Length);
            Assert.True(serials.Add(serial));
        }
    }

    [Fact]
    public void A_written_authority_goes_on_signing_after_it_was_loaded()
    {
        using var authority = CertificateAuthority.Create(Now);
        Assert.True(CertificateAuthority.TryLoad(CertificatePem(authority), KeyPem(authority), Now.AddYears(1), out var loaded, out var problem), problem);
        using (loaded)
        {
            using var leaf = loaded.Issue(CertificateUsage.Server, CertificateNames.Localhost, Now.AddYears(1), days: 30);
            Assert.True(IsTrusted(leaf, authority, Now.AddYears(1), ServerAuthentication));
        }
    }

    [Fact]
    public void What_is_no_valid_authority_is_refused_with_a_reason()
    {
        using var authority = CertificateAuthority.Create(Now);
        using var other = CertificateAuthority.Create(Now);
        using var leaf = authority.Issue(CertificateUsage.Server, CertificateNames.Localhost, Now, days: 30);
        using var leafKey = leaf.GetECDsaPrivateKey()!;

        AssertRefused("", "", Now);
        AssertRefused("no PEM", KeyPem(authority), Now);
        AssertRefused(CertificatePem(authority), "no PEM", Now);
        AssertRefused(CertificatePem(authority), KeyPem(other), Now);
        AssertRefused(leaf.ExportCertificatePem(), leafKey.ExportPkcs8PrivateKeyPem(), Now);
        AssertRefused(CertificatePem(authority), KeyPem(authority), Now.AddYears(10).AddDays(1));
        AssertRefused(CertificatePem(authority), KeyPem(authority), Now.AddDays(-1));
    }

    [Fact]
    public async Task Two_sides_with_certificates_of_one_authority_accept_each_other()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = CertificateAuthority.Create(now);
        using var serverCertificate = authority.Issue(CertificateUsage.Server, CertificateNames.Localhost, now, days: 1);
        using var clientCertificate = authority.Issue(CertificateUsage.Client, CertificateNames.Localhost, now, days: 1);
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { authority.Certificate },
        };

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var dialled = new TcpClient();
        await dialled.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var accepted = await listener.AcceptTcpClientAsync();
        await using var server = new SslStream(accepted.GetStream());
        await using var client = new SslStream(dialled.GetStream());
        var serverDone = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = serverCertificate,
            ClientCertificateRequired = true,
            CertificateChainPolicy = trust.Clone(),
            EnabledSslProtocols = SslProtocols.Tls13,
        });
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificates = [clientCertificate],
            CertificateChainPolicy = trust.Clone(),
            EnabledSslProtocols = SslProtocols.Tls13,
        });
        await serverDone;

        Assert.True(server.IsMutuallyAuthenticated);
        Assert.Equal("CN=client, O=ActorTunnel", server.RemoteCertificate!.Subject);
    }

    private static void AssertRefused(string certificatePem, string keyPem, DateTimeOffset now)
    {
        Assert.False(CertificateAuthority.TryLoad(certificatePem, keyPem, now, out var authority, out var problem));
        Assert.Null(authority);
        Assert.NotEmpty(problem);
    }

    private static T Extension<T>(X509Certificate2 certificate)
        where T : X509Extension => Assert.Single(certificate.Extensions.OfType<T>());

    private static string CertificatePem(CertificateAuthority authority) => authority.Certificate.ExportCertificatePem();

    private static string KeyPem(CertificateAuthority authority)
    {
        using var key = authority.Certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    private static bool IsTrusted(X509Certificate2 leaf, CertificateAuthority authority, DateTimeOffset when, string usage)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = when.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(usage));
        return chain.Build(leaf);
    }

    private static List<string> UriNames(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.Single(extension => extension.Oid!.Value == SubjectAlternativeName);
        var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        var uriTag = new Asn1Tag(TagClass.ContextSpecific, 6);
        var uris = new List<string>();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(uriTag))
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uriTag));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return uris;
    }
}
