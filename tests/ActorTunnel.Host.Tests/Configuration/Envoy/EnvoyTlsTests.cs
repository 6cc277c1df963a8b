using ActorTunnel.Proxy.Settings;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

public sealed class EnvoyTlsTests : EnvoyTest
{
    private const string Package = "type.googleapis.com/envoy.extensions.transport_sockets";
    private const string Ca = "trusted_ca: { filename: certs/ca.pem }";
    private const string Own = "tls_certificates: [{ certificate_chain: { filename: certs/server.pem }, private_key: { filename: certs/server-key.pem } }]";

    [Fact]
    public void A_cluster_verifies_a_name_and_shows_a_certificate()
    {
        var tls = Client($"sni: terminators.example, common_tls_context: {{ {Own}, alpn_protocols: ['h2,http/1.1'], validation_context: {{ {Ca}, "
            + "match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: terminators.example } }] } }").Tls!;

        Assert.Equal("terminators.example", tls.VerifyName);
        Assert.Null(tls.VerifySpiffeId);
        Assert.Equal("CN=ca", Assert.Single(tls.Ca).Subject);
        Assert.Equal("CN=server", tls.Certificate!.Leaf.Subject);
        Assert.False(tls.InsecureSkipVerify);
    }

    [Theory]
    [InlineData("match_typed_subject_alt_names: [{ san_type: IP_ADDRESS, matcher: { exact: 10.0.0.1 } }]", "10.0.0.1", null)]
    [InlineData("match_typed_subject_alt_names: [{ san_type: URI, matcher: { exact: 'spiffe://a.b/c' } }]", null, "spiffe://a.b/c")]
    [InlineData("match_subject_alt_names: [{ exact: 'spiffe://a.b/c' }]", null, "spiffe://a.b/c")]
    [InlineData("match_subject_alt_names: [{ exact: a.b }]", "a.b", null)]
    public void A_cluster_verifies_an_address_or_a_SPIFFE_id(string matcher, string? name, string? id)
    {
        var tls = Client($"common_tls_context: {{ validation_context: {{ {Ca}, {matcher} }} }}").Tls!;

        Assert.Equal((name, id), (tls.VerifyName, tls.VerifySpiffeId));
    }

    [Fact]
    public void A_cluster_that_sends_a_name_and_verifies_none_verifies_that_name_here()
    {
        var imported = Imported(ClientYaml($"sni: a.b, common_tls_context: {{ validation_context: {{ {Ca} }} }}"));

        Assert.EndsWith("sni = \"a.b\": is verified here, too: the terminator's certificate must carry this name", Assert.Single(imported.Warnings).ToString(), StringComparison.Ordinal);
        Assert.Equal("a.b", LoadKnown(imported.Hocon).Node.Upstreams[0].Tls!.VerifyName);
    }

    [Fact]
    public void A_cluster_that_verifies_nothing_verifies_nothing_here_and_that_is_told()
    {
        var imported = Imported(ClientYaml("sni: a.b"));

        Assert.Contains("whatever certificate the terminator shows is accepted", Assert.Single(imported.Warnings).ToString(), StringComparison.Ordinal);
        Assert.True(LoadKnown(imported.Hocon).Node.Upstreams[0].Tls!.InsecureSkipVerify);
    }

    [Theory]
    [InlineData("validation_context: { trusted_ca: { inline_string: x } }")]
    [InlineData("validation_context: { }")]
    [InlineData("validation_context: { match_subject_alt_names: [{ exact: a.b }] }")]
    [InlineData("validation_context_sds_secret_config: { name: x }")]
    [InlineData("combined_validation_context: { default_validation_context: { } }")]
    public void What_was_meant_to_be_verified_is_never_accepted_unseen(string context)
    {
        var yaml = ClientYaml($"sni: a.b, common_tls_context: {{ {context} }}");

        Assert.Contains(Refused(yaml), mistake => mistake.EndsWith("has no file with trusted_ca to check the terminator's certificate with", StringComparison.Ordinal));
        var lenient = Imported(yaml, lenient: true).Hocon;
        Assert.DoesNotContain("insecure-skip-verify", lenient, StringComparison.Ordinal);
        Assert.Contains(Mistakes(lenient), mistake => mistake.Contains("tls.ca: is missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("match_subject_alt_names: [{ exact: a.b }, { exact: c.d }]", "match_subject_alt_names[1].exact = \"c.d\": is not carried: one name is")]
    [InlineData("match_typed_subject_alt_names: [{ san_type: URI, matcher: { exact: 'http://a' } }]", "exact = \"http://a\": is no SPIFFE id")]
    [InlineData("match_typed_subject_alt_names: [{ san_type: DNS, matcher: { suffix: a.b } }]", "matcher.suffix = \"a.b\": is not carried")]
    [InlineData("match_typed_subject_alt_names: [{ san_type: EMAIL, matcher: { exact: a@b } }]", "san_type = \"EMAIL\": is not carried")]
    [InlineData("", "trusted_ca.filename = \"certs/ca.pem\": is not enough")]
    public void A_name_that_cannot_be_verified_here_is_not_carried(string matcher, string problem)
    {
        var mistakes = Refused(ClientYaml($"common_tls_context: {{ validation_context: {{ {Ca}, {matcher} }} }}"));

        Assert.Contains(mistakes, mistake => mistake.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_that_is_sent_and_is_not_the_verified_one_is_not_carried()
    {
        var yaml = ClientYaml($"sni: x.y, common_tls_context: {{ validation_context: {{ {Ca}, match_subject_alt_names: [{{ exact: a.b }}] }} }}");

        Assert.Contains("sni = \"x.y\": is not carried", Assert.Single(Refused(yaml)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_listener_shows_a_certificate_and_demands_one_of_a_trust_domain()
    {
        var tls = Server($"require_client_certificate: true, common_tls_context: {{ {Own}, validation_context: {{ {Ca}, "
            + "match_typed_subject_alt_names: [{ san_type: URI, matcher: { prefix: 'spiffe://mesh.local/' } }] } }").Tls!;

        Assert.Equal("CN=server", tls.Certificate.Leaf.Subject);
        Assert.Equal("CN=ca", Assert.Single(tls.ClientCa!).Subject);
        Assert.Equal("mesh.local", tls.ClientTrustDomain);
    }

    [Theory]
    [InlineData("require_client_certificate: true, common_tls_context: { OWN }", "require_client_certificate = true: is carried only with a trusted_ca")]
    [InlineData("common_tls_context: { OWN, validation_context: { CA } }", "trusted_ca.filename = \"certs/ca.pem\": is carried only with require_client_certificate")]
    [InlineData(
        "require_client_certificate: true, common_tls_context: { OWN, validation_context: { CA, match_subject_alt_names: [{ exact: a.b }] } }",
        "match_subject_alt_names[0].exact = \"a.b\": is not carried")]
    [InlineData(
        "require_client_certificate: true, common_tls_context: { OWN, validation_context: { CA, match_subject_alt_names: [{ prefix: a.b }] } }",
        "match_subject_alt_names[0].prefix = \"a.b\": is not carried")]
    [InlineData("common_tls_context: { alpn_protocols: [h2] }", "typed_config: has no certificate")]
    [InlineData("common_tls_context: { OWN, alpn_protocols: [http/1.1] }", "alpn_protocols[0] = \"http/1.1\": is not carried")]
    [InlineData("common_tls_context: { OWN, tls_params: { cipher_suites: [x] } }", "tls_params.cipher_suites: is not carried")]
    public void A_listener_says_what_it_does_not_carry(string context, string problem)
    {
        var mistake = Assert.Single(Refused(ServerYaml(context.Replace("OWN", Own, StringComparison.Ordinal).Replace("CA", Ca, StringComparison.Ordinal))));

        Assert.Contains(problem, mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tls_minimum_protocol_version: TLSv1_3", false)]
    [InlineData("tls_minimum_protocol_version: TLSv1_2, tls_maximum_protocol_version: TLSv1_3", true)]
    [InlineData("tls_minimum_protocol_version: 3", true)]
    [InlineData("tls_minimum_protocol_version: TLS_AUTO", false)]
    [InlineData("", false)]
    public void The_oldest_version_of_TLS_is_carried(string parameters, bool tls12) =>
        Assert.Equal(tls12, Server($"common_tls_context: {{ {Own}, tls_params: {{ {parameters} }} }}").Tls!.AllowTls12);

    [Theory]
    [InlineData("tls_minimum_protocol_version: TLSv1_1", "tls_minimum_protocol_version = \"TLSv1_1\": is too old")]
    [InlineData("tls_maximum_protocol_version: TLSv1_2", "tls_maximum_protocol_version = \"TLSv1_2\": TLS 1.3 cannot be turned off")]
    public void A_version_that_this_program_has_not_is_not_carried(string parameters, string problem) => Assert.Contains(
        problem, Assert.Single(Refused(ServerYaml($"common_tls_context: {{ {Own}, tls_params: {{ {parameters} }} }}"))), StringComparison.Ordinal);

    [Fact]
    public void TLS_where_there_is_none_here_is_not_carried()
    {
        var atApplications = With(Encapsulator, ("chain", Socket("Downstream", $"common_tls_context: {{ {Own} }}")));
        var atOrigins = With(Terminator, ("cluster", Socket("Upstream", "sni: a.b")));

        Assert.Contains("filter_chains[0].transport_socket: is not carried: TLS of applications", Assert.Single(Refused(atApplications)), StringComparison.Ordinal);
        Assert.Contains("clusters[0].transport_socket: is not carried: tunnels end at origins", Assert.Single(Refused(atOrigins)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_raw_buffer_is_cleartext()
    {
        var raw = $"transport_socket: {{ name: x, typed_config: {{ '@type': {Package}.raw_buffer.v3.RawBuffer }} }}";

        Assert.Null(LoadImport(With(Encapsulator, ("cluster", raw))).Node.Upstreams[0].Tls);
        Assert.Null(Assert.IsType<ConnectListenerSettings>(LoadImport(With(Terminator, ("chain", raw))).Node.Listeners[0]).Tls);
    }

    private static string Socket(string side, string context) =>
        $"transport_socket: {{ name: x, typed_config: {{ '@type': {Package}.tls.v3.{side}TlsContext, {context} }} }}";

    private static string ClientYaml(string context) => With(Encapsulator, ("cluster", Socket("Upstream", context)));

    private static string ServerYaml(string context) => With(Terminator, ("chain", Socket("Downstream", context)));

    private UpstreamSettings Client(string context) => Assert.Single(LoadImport(ClientYaml(context)).Node.Upstreams);

    private ConnectListenerSettings Server(string context) =>
        Assert.IsType<ConnectListenerSettings>(Assert.Single(LoadImport(ServerYaml(context)).Node.Listeners));
}
