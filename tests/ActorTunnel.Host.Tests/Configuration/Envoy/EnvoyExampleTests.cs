using System.Net;
using ActorTunnel.Host.Configuration.Envoy;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sockets;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

/// <summary>The two well-known shapes, and both in one: <c>config/envoy</c>.</summary>
public sealed class EnvoyExampleTests : EnvoyTest
{
    [Fact]
    public void The_encapsulator_carries_its_port_in_a_field_to_a_terminator_in_HTTP2()
    {
        var imported = Example("encapsulate");
        var node = LoadKnown(imported.Hocon).Node;

        Assert.Empty(imported.Warnings);
        Assert.Contains("\n  admin.bind = \"127.0.0.1:9903\"\n", imported.Hocon, StringComparison.Ordinal);
        Assert.Equal("encapsulator", node.Name);
        AssertIsTunnel(Assert.Single(node.Listeners));
        AssertIsTerminators(Assert.Single(node.Upstreams));
    }

    [Fact]
    public void The_terminator_ends_every_CONNECT_at_a_name_in_IPv4()
    {
        var imported = Example("terminate");
        var node = LoadKnown(imported.Hocon).Node;

        Assert.Empty(imported.Warnings);
        Assert.Contains("\n  admin.bind = \"127.0.0.1:9902\"\n", imported.Hocon, StringComparison.Ordinal);
        Assert.Equal("terminator", node.Name);
        AssertIsConnect(Assert.Single(node.Listeners));
        AssertIsOrigin(Assert.Single(node.Upstreams));
    }

    [Fact]
    public void The_merged_one_holds_both()
    {
        var imported = Example("merged");
        var node = LoadKnown(imported.Hocon).Node;

        Assert.Empty(imported.Warnings);
        Assert.Contains("\n  admin.bind = \"127.0.0.1:9900\"\n", imported.Hocon, StringComparison.Ordinal);
        Assert.Equal("merged", node.Name);
        Assert.Equal(2, node.Listeners.Length);
        AssertIsTunnel(node.Listeners[0]);
        AssertIsConnect(node.Listeners[1]);
        Assert.Equal(2, node.Upstreams.Length);
        AssertIsTerminators(node.Upstreams[0]);
        AssertIsOrigin(node.Upstreams[1]);
    }

    [Fact]
    public void The_same_in_JSON_form_with_lower_camel_case_is_the_same()
    {
        const string json = """
            {"node": {"id": "encapsulator"}, "staticResources": {
              "listeners": [{"name": "tunnel_in", "address": {"socketAddress": {"address": "127.0.0.1", "portValue": "10000"}},
                "filterChains": [{"filters": [{"typedConfig": {
                  "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "statPrefix": "x", "cluster": "terminators",
                  "tunnelingConfig": {"hostname": "host.com:443", "headersToAdd": [{"header": {"key": "original_dst_port", "value": "%DOWNSTREAM_LOCAL_PORT%"}}]}}}]}]}],
              "clusters": [{"name": "terminators", "connectTimeout": "5.000s", "http2ProtocolOptions": {}, "loadAssignment": {"endpoints": [
                {"lbEndpoints": [{"endpoint": {"address": {"socketAddress": {"address": "127.0.0.1", "portValue": 10001}}}}]}]}}]}}
            """;

        var node = LoadImport(json).Node;

        AssertIsTunnel(Assert.Single(node.Listeners));
        AssertIsTerminators(Assert.Single(node.Upstreams));
    }

    private static void AssertIsTunnel(ListenerSettings listener)
    {
        var tunnel = Assert.IsType<TunnelListenerSettings>(listener);
        Assert.Equal("tunnel-in", tunnel.Name);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:10000"), tunnel.Bind);
        Assert.Equal("terminators", tunnel.Upstream);
        Assert.Equal("host.com:443", tunnel.Authority?.Text);
        var header = Assert.Single(tunnel.Headers);
        Assert.Equal(("original_dst_port", "%DOWNSTREAM_LOCAL_PORT%"), (header.Key, header.Value.Text));
    }

    private static void AssertIsConnect(ListenerSettings listener)
    {
        var connect = Assert.IsType<ConnectListenerSettings>(listener);
        Assert.Equal("connect-in", connect.Name);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:10001"), connect.Bind);
        Assert.Null(connect.Tls);
        Assert.Equal(new RouteSettings("*", "service-baidu"), Assert.Single(connect.Routes));
    }

    private static void AssertIsTerminators(UpstreamSettings upstream)
    {
        Assert.Equal("terminators", upstream.Name);
        Assert.Equal(UpstreamProtocol.Http2, upstream.Protocol);
        Assert.Equal(UpstreamType.Static, upstream.Type);
        Assert.Equal(new EndpointAddress("127.0.0.1", 10001), Assert.Single(upstream.Endpoints));
        Assert.Equal(TimeSpan.FromSeconds(5), upstream.ConnectTimeout);
        Assert.Null(upstream.Tls);
    }

    private static void AssertIsOrigin(UpstreamSettings upstream)
    {
        Assert.Equal("service-baidu", upstream.Name);
        Assert.Equal(UpstreamProtocol.Tcp, upstream.Protocol);
        Assert.Equal(UpstreamType.LogicalDns, upstream.Type);
        Assert.Equal(DnsFamily.V4Only, upstream.DnsFamily);
        Assert.Equal(new EndpointAddress("www.baidu.com", 443), Assert.Single(upstream.Endpoints));
        Assert.Equal(TimeSpan.FromMilliseconds(250), upstream.ConnectTimeout);
        Assert.Equal(LoadBalancing.RoundRobin, upstream.LoadBalancing);
    }

    private static EnvoyImport.Imported Example(string name) =>
        Imported(File.ReadAllText(Path.Combine(Root, "config", "envoy", $"{name}.yaml")));
}
