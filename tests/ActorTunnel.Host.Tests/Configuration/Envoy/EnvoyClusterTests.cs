using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sockets;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

public sealed class EnvoyClusterTests : EnvoyTest
{
    [Theory]
    [InlineData("STATIC", UpstreamType.Static)]
    [InlineData("STRICT_DNS", UpstreamType.StrictDns)]
    [InlineData("LOGICAL_DNS", UpstreamType.LogicalDns)]
    [InlineData("0", UpstreamType.Static)]
    [InlineData("1", UpstreamType.StrictDns)]
    [InlineData("2", UpstreamType.LogicalDns)]
    public void A_cluster_has_its_type_by_name_or_by_number(string type, UpstreamType expected) =>
        Assert.Equal(expected, Upstream(Terminator, ("cluster", $"type: {type}")).Type);

    [Theory]
    [InlineData("V4_ONLY", DnsFamily.V4Only)]
    [InlineData("V6_ONLY", DnsFamily.V6Only)]
    [InlineData("V4_PREFERRED", DnsFamily.V4Preferred)]
    [InlineData("ALL", DnsFamily.All)]
    public void A_cluster_by_DNS_has_a_family_and_an_interval(string family, DnsFamily expected)
    {
        var upstream = Upstream(Terminator, ("cluster", $"type: STRICT_DNS\ndns_lookup_family: {family}\ndns_refresh_rate: 1.5s"));

        Assert.Equal((expected, TimeSpan.FromMilliseconds(1_500)), (upstream.DnsFamily, upstream.DnsRefresh));
    }

    [Fact]
    public void What_is_only_for_DNS_has_no_effect_on_a_static_cluster() =>
        Assert.Equal(UpstreamType.Static, Upstream(Terminator, ("cluster", "dns_lookup_family: V4_ONLY\ndns_refresh_rate: 5s")).Type);

    [Theory]
    [InlineData("ROUND_ROBIN", LoadBalancing.RoundRobin)]
    [InlineData("LEAST_REQUEST", LoadBalancing.LeastTunnels)]
    public void A_cluster_has_its_balancing(string policy, LoadBalancing expected) =>
        Assert.Equal(expected, Upstream(Terminator, ("cluster", $"lb_policy: {policy}")).LoadBalancing);

    [Fact]
    public void Endpoints_of_all_localities_are_endpoints()
    {
        var yaml = With(Terminator).Replace("load_assignment: { endpoints: [{", """
            load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: "2001:db8::1", port_value: 1 } } } },
                  { endpoint: { address: { socket_address: { address: a.b, port_value: 2 } } } }] }, {
            """, StringComparison.Ordinal);

        Assert.Equal(["[2001:db8::1]:1", "a.b:2", "127.0.0.1:8443"], LoadImport(yaml).Node.Upstreams[0].Endpoints.Select(endpoint => endpoint.ToString()));
    }

    [Fact]
    public void Options_of_HTTP2_are_those_of_the_sessions()
    {
        var http2 = Upstream(Encapsulator, ("http2", "max_concurrent_streams: 100, initial_stream_window_size: 16777216")).Http2;

        Assert.Equal((100, 16 * 1024 * 1024), (http2.MaxConcurrentStreams, http2.StreamWindow));
    }

    [Fact]
    public void The_least_window_of_Envoy_is_one_byte_less_than_ours_which_is_told()
    {
        var imported = Imported(With(Encapsulator, ("http2", "initial_stream_window_size: 65535")));

        Assert.EndsWith("initial_stream_window_size = 65535: the least window here is 65536 bytes, so that is used", Assert.Single(imported.Warnings).ToString(), StringComparison.Ordinal);
        Assert.Equal(65_536, LoadKnown(imported.Hocon).Node.Upstreams[0].Http2.StreamWindow);
    }

    [Theory]
    [InlineData("initial_stream_window_size: 16777217")]
    [InlineData("initial_stream_window_size: 65534")]
    [InlineData("initial_connection_window_size: 1048575")]
    [InlineData("initial_stream_window_size: 16777216, initial_connection_window_size: 16777215")]
    [InlineData("max_concurrent_streams: 0")]
    [InlineData("max_concurrent_streams: 2147483648")]
    [InlineData("hpack_table_size: 0")]
    public void What_a_session_cannot_keep_is_not_carried(string options)
    {
        var line = Assert.Single(Refused(With(Encapsulator, ("http2", options))));

        Assert.Contains($"clusters[0].http2_protocol_options.{options.Split(", ")[^1].Split(':')[0]}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_for_tunnels_that_is_not_HTTP2_is_not_carried()
    {
        var yaml = With(Encapsulator).Replace("    http2_protocol_options: {  }", "", StringComparison.Ordinal);

        Assert.Contains("static_resources.clusters[0]: takes tunnels and has no http2_protocol_options", Assert.Single(Refused(yaml)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_origin_in_HTTP2_is_reached_by_TCP_all_the_same()
    {
        var upstream = Upstream(Terminator, ("cluster", "http2_protocol_options: { max_concurrent_streams: 5 }"));

        Assert.Equal(UpstreamProtocol.Tcp, upstream.Protocol);
    }

    [Fact]
    public void One_cluster_is_not_for_tunnels_and_their_ends()
    {
        var tunnel = string.Join('\n', With(Encapsulator).Split('\n')[2..14]).Replace("cluster: far", "cluster: near", StringComparison.Ordinal);
        var yaml = With(Terminator).Replace("  clusters:", $"{tunnel}\n  clusters:", StringComparison.Ordinal);

        Assert.Contains(Refused(yaml), mistake => mistake.Contains("it takes two upstreams", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cluster_that_does_not_exist_is_a_mistake_in_any_case()
    {
        var yaml = With(Encapsulator).Replace("cluster: far", "cluster: fat", StringComparison.Ordinal);

        Assert.Equal(
            "a.yaml:10:20: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.cluster = \"fat\": there is no such cluster, did you mean 'far'?; allowed: far",
            Assert.Single(Refused(yaml, lenient: true)));
    }

    [Fact]
    public void A_cluster_that_nobody_names_is_warned_of_by_the_loader_at_its_place()
    {
        var yaml = With(Encapsulator) + "\n  - { name: idle, load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: a, port_value: 1 } } } }] }] } }\n";
        Folder.Write("a.yaml", yaml);

        var warning = Assert.Single(Loaded(Run(["a.yaml"])).Warnings);

        Assert.Equal("a.yaml:20:5: actortunnel.upstreams.idle: no listener names this upstream", warning.ToString());
    }

    private UpstreamSettings Upstream(string bootstrap, params (string, string)[] parts) =>
        Assert.Single(LoadImport(With(bootstrap, parts)).Node.Upstreams);
}
