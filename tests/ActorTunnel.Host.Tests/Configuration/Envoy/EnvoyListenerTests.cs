using ActorTunnel.Proxy.Settings;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

public sealed class EnvoyListenerTests : EnvoyTest
{
    private const string Package = "type.googleapis.com/envoy.extensions.filters.listener";

    [Fact]
    public void The_idle_timeout_of_a_tcp_proxy_is_that_of_its_tunnels()
    {
        Assert.Equal(TimeSpan.FromMinutes(5), Tunnel(("proxy", "idle_timeout: 300s")).Tunnel.IdleTimeout);
        Assert.Equal(TimeSpan.Zero, Tunnel(("proxy", "idle_timeout: 0s")).Tunnel.IdleTimeout);
        Assert.Equal(TimeSpan.FromHours(1), Tunnel().Tunnel.IdleTimeout);
    }

    [Fact]
    public void Names_of_fields_go_to_lower_case_and_operators_stay_as_they_stand()
    {
        var hocon = Imported(With(Encapsulator, ("tunneling", """
            headers_to_add:
            - { header: { key: X-Server, value: "a %REQUESTED_SERVER_NAME%:%DOWNSTREAM_LOCAL_PORT% ${x}" }, append_action: ADD_IF_ABSENT }
            - { header: { key: x.y, value: '"' } }
            """))).Hocon;

        Assert.Contains("\n          x-server = \"a %REQUESTED_SERVER_NAME%:%DOWNSTREAM_LOCAL_PORT% ${x}\"\n", hocon, StringComparison.Ordinal);
        Assert.Contains("\n          \"x.y\" = \"\\\"\"\n", hocon, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_may_have_operators()
    {
        var yaml = With(Encapsulator).Replace("host.com:443", "'%REQUESTED_SERVER_NAME%:443'", StringComparison.Ordinal);

        Assert.Contains("\n        authority = \"%REQUESTED_SERVER_NAME%:443\"\n", Imported(yaml).Hocon, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("proxy_protocol.v3.ProxyProtocol", "", "      proxy-protocol = require")]
    [InlineData("original_dst.v3.OriginalDst", "", "      original-dst = redirect")]
    [InlineData("original_dst.v3.OriginalDst", "transparent: true", "      original-dst = tproxy")]
    public void Listener_filters_are_keys_of_the_listener(string type, string field, string line)
    {
        var yaml = With(Encapsulator, ("listener", $"listener_filters: [{{ typed_config: {{ '@type': {Package}.{type} }} }}]\n{field}"));

        Assert.Contains(line, Imported(yaml).Hocon.Split('\n'));
        Assert.Equal("in", LoadImport(yaml.Replace("- address:", "- name: in\n    address:", StringComparison.Ordinal)).Node.Listeners[0].Name);
    }

    [Fact]
    public void A_tls_inspector_needs_no_key()
    {
        var yaml = With(Encapsulator, ("listener", $"listener_filters: [{{ typed_config: {{ '@type': {Package}.tls_inspector.v3.TlsInspector }} }}]"));

        Assert.Equal(Imported(With(Encapsulator)).Hocon, Imported(yaml).Hocon);
    }

    [Fact]
    public void An_access_log_to_standard_output_needs_no_key()
    {
        const string loggers = "type.googleapis.com/envoy.extensions.access_loggers";
        var yaml = With(Encapsulator, ("proxy", $$"""
            access_log:
            - { name: a, typed_config: { "@type": {{loggers}}.stream.v3.StdoutAccessLog } }
            - { name: b, typed_config: { "@type": {{loggers}}.file.v3.FileAccessLog, path: /dev/stdout } }
            """));

        Assert.Equal(Imported(With(Encapsulator)).Hocon, Imported(yaml).Hocon);
        Assert.Contains(
            "access_log[1].typed_config.path = \"/var/log/a\": this value is not carried; allowed: /dev/stdout",
            Assert.Single(Refused(yaml.Replace("/dev/stdout", "/var/log/a", StringComparison.Ordinal))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("listener_0", "listener-0")]
    [InlineData("Ingress.HTTP", "ingress-http")]
    [InlineData("0.0.0.0_443", "listener-0-0-0-0-443")]
    [InlineData("日本", "listener")]
    [InlineData("include", "include")]
    public void Names_are_made_of_what_names_may_have(string given, string name)
    {
        var imported = Imported(With(Encapsulator, ("listener", $"name: '{given}'")));

        Assert.Empty(imported.Warnings);
        Assert.Equal(name, LoadKnown(imported.Hocon).Node.Listeners[0].Name);
    }

    [Fact]
    public void Names_that_become_the_same_are_told_apart()
    {
        var listener = With(Encapsulator, ("listener", "name: a_b")).Split('\n')[2..14];
        var yaml = With(Encapsulator, ("listener", "name: a-b")).Replace(
            "  clusters:",
            string.Join('\n', listener).Replace("10000", "10002", StringComparison.Ordinal) + "\n  clusters:",
            StringComparison.Ordinal);

        var imported = Imported(yaml);

        var note = Assert.Single(imported.Warnings);
        Assert.Equal(
            "a.yaml:16:11: static_resources.listeners[1].name = \"a_b\": is called a-b-2 here, because another listener is called a-b already", note.ToString());
        Assert.Equal(["a-b", "a-b-2"], LoadKnown(imported.Hocon).Node.Listeners.Select(entry => entry.Name));
    }

    [Fact]
    public void An_IPv6_address_gets_brackets()
    {
        var yaml = With(Encapsulator).Replace("address: 127.0.0.1, port_value: 10000", "address: '::1', port_value: 10000", StringComparison.Ordinal);

        Assert.Equal("[::1]:10000", LoadImport(yaml).Node.Listeners[0].Bind.ToString());
    }

    [Fact]
    public void What_a_connection_manager_says_of_its_sessions_is_carried()
    {
        var connect = Connect(
            ("chain", "transport_socket_connect_timeout: 3s"),
            ("manager", """
                codec_type: HTTP2
                stream_idle_timeout: 7200s
                http2_protocol_options: { max_concurrent_streams: 77, initial_stream_window_size: 131072, initial_connection_window_size: 2097152 }
                """));

        Assert.False(connect.Http1);
        Assert.Equal(77, connect.Http2.MaxConcurrentStreams);
        Assert.Equal(128 * 1024, connect.Http2.StreamWindow);
        Assert.Equal(2 * 1024 * 1024, connect.Http2.ReceiveBudget);
        Assert.Equal(TimeSpan.FromSeconds(3), connect.Http2.HandshakeTimeout);
        Assert.Equal(TimeSpan.FromHours(2), connect.Tunnel.IdleTimeout);
    }

    [Theory]
    [InlineData("")]
    [InlineData("codec_type: AUTO")]
    [InlineData("http_protocol_options: {}")]
    public void Where_Envoy_takes_both_versions_of_HTTP_so_does_the_listener(string manager) =>
        Assert.True(Connect(("manager", manager)).Http1);

    [Fact]
    public void Each_domain_of_a_virtual_host_is_a_route()
    {
        var connect = Connect(("domains", "'*', 'WWW.Baidu.com:443', '*.example.org:8443', '[::1]:1'"));

        Assert.Equal(["*", "www.baidu.com:443", "*.example.org:8443", "[::1]:1"], connect.Routes.Select(route => route.Pattern));
        Assert.Equal(["near"], connect.Routes.Select(route => route.Upstream).Distinct());
    }

    [Fact]
    public void A_domain_without_a_port_takes_every_port_which_is_told_unless_Envoy_leaves_ports_out()
    {
        var told = Imported(With(Terminator, ("domains", "a.b")));
        var stripped = Imported(With(Terminator, ("domains", "a.b"), ("manager", "strip_any_host_port: true")));
        var ignored = Imported(With(Terminator, ("domains", "a.b"), ("configuration", "ignore_port_in_host_matching: true")));

        Assert.Contains("virtual_hosts[0].domains[0] = \"a.b\": takes every port here", Assert.Single(told.Warnings).ToString(), StringComparison.Ordinal);
        Assert.Empty(stripped.Warnings);
        Assert.Empty(ignored.Warnings);
        Assert.Equal(told.Hocon, stripped.Hocon);
    }

    [Theory]
    [InlineData("www.*")]
    [InlineData("*-a.b")]
    [InlineData("a_b")]
    public void A_domain_that_is_no_pattern_here_is_not_carried(string domain)
    {
        var mistakes = Refused(With(Terminator, ("domains", $"'*', '{domain}'")));

        Assert.StartsWith(
            $"a.yaml:14:30: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts[0].domains[1] = \"{domain}\": ",
            Assert.Single(mistakes),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Routes_for_other_methods_are_not_carried_and_the_route_for_CONNECT_is()
    {
        var yaml = With(Terminator, ("routes", "- { match: { prefix: / }, route: { cluster: other } }\n- { match: { path: /b }, redirect: { path_redirect: / } }"));

        Assert.Equal(2, Refused(yaml).Length);
        Assert.All(Refused(yaml), mistake => Assert.EndsWith("is not carried: it is for other methods than CONNECT", mistake, StringComparison.Ordinal));
        Assert.Equal("near", Assert.IsType<ConnectListenerSettings>(LoadImport(yaml, lenient: true).Node.Listeners[0]).Routes[0].Upstream);
    }

    [Fact]
    public void The_first_route_for_CONNECT_takes_all_of_it()
    {
        var yaml = With(Terminator, ("routes", """
            - match: { connect_matcher: {} }
              route: { cluster: first, upgrade_configs: [{ upgrade_type: CONNECT, connect_config: {} }] }
            """)).Replace("- name: near", "- { name: first }\n  - name: near", StringComparison.Ordinal);

        Assert.EndsWith("routes[1]: is not carried: an earlier route takes every CONNECT", Assert.Single(Refused(yaml)), StringComparison.Ordinal);
        Assert.Contains("upstream = first }", Imported(yaml, lenient: true).Hocon, StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_that_hands_the_CONNECT_on_ends_no_tunnel()
    {
        var yaml = With(Terminator).Replace(", connect_config: {}", "", StringComparison.Ordinal);

        Assert.Contains(Refused(yaml), mistake => mistake.Contains("without upgrade_configs with a connect_config", StringComparison.Ordinal));
        Assert.Contains(Refused(yaml, lenient: true), mistake => mistake.EndsWith("at least one in static_resources.listeners", StringComparison.Ordinal));
    }

    private TunnelListenerSettings Tunnel(params (string, string)[] parts) =>
        Assert.IsType<TunnelListenerSettings>(Assert.Single(LoadImport(With(Encapsulator, parts)).Node.Listeners));

    private ConnectListenerSettings Connect(params (string, string)[] parts) =>
        Assert.IsType<ConnectListenerSettings>(Assert.Single(LoadImport(With(Terminator, parts)).Node.Listeners));
}
