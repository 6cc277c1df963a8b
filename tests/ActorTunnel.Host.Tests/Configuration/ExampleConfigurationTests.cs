using System.Net;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sockets;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration;

public sealed class ExampleConfigurationTests : ConfigurationTest
{
    public static TheoryData<string> Examples =>
        [.. Directory.GetFiles(Path.Combine(Root, "config"), "*.conf").Select(file => Path.GetFileName(file)!).Where(name => name != "reference.conf")];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_loads_without_a_warning(string file)
    {
        var loaded = Loaded(Run([Path.Combine(Root, "config", file)]));

        Assert.Empty(loaded.Warnings);
        Assert.Equal("", loaded.AkkaHocon);
    }

    [Theory]
    [InlineData("encapsulate", true, false)]
    [InlineData("encapsulate-h2c", false, false)]
    [InlineData("encapsulate-mtls", true, true)]
    public void The_encapsulators_differ_only_in_tls(string file, bool tls, bool certificate)
    {
        var node = Example(file);

        Assert.Equal("encapsulator", node.Name);
        var listener = Assert.IsType<TunnelListenerSettings>(Assert.Single(node.Listeners));
        Assert.Equal("tunnel-in", listener.Name);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:10000"), listener.Bind);
        Assert.Equal("host.com:443", listener.Authority?.Text);
        var header = Assert.Single(listener.Headers);
        Assert.Equal(("original_dst_port", "%DOWNSTREAM_LOCAL_PORT%"), (header.Key, header.Value.Text));
        var upstream = Assert.Single(node.Upstreams);
        Assert.Equal("terminators", upstream.Name);
        Assert.Equal(upstream.Name, listener.Upstream);
        Assert.Equal(UpstreamProtocol.Http2, upstream.Protocol);
        Assert.Equal("127.0.0.1:10001", Assert.Single(upstream.Endpoints).ToString());
        Assert.Equal(TimeSpan.FromSeconds(5), upstream.ConnectTimeout);
        Assert.Equal(tls ? "localhost" : null, upstream.Tls?.VerifyName);
        Assert.Equal(certificate, upstream.Tls?.Certificate is not null);
    }

    [Theory]
    [InlineData("terminate", true, false)]
    [InlineData("terminate-h2c", false, false)]
    [InlineData("terminate-mtls", true, true)]
    public void The_terminators_differ_only_in_tls(string file, bool tls, bool clientCa)
    {
        var node = Example(file);

        Assert.Equal("terminator", node.Name);
        var listener = Assert.IsType<ConnectListenerSettings>(Assert.Single(node.Listeners));
        Assert.Equal("connect-in", listener.Name);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:10001"), listener.Bind);
        Assert.Equal(new RouteSettings("*", "origin"), Assert.Single(listener.Routes));
        Assert.Equal(tls, listener.Tls is not null);
        Assert.Equal(clientCa, listener.Tls?.ClientCa is not null);
        var upstream = Assert.Single(node.Upstreams);
        Assert.Equal(UpstreamProtocol.Tcp, upstream.Protocol);
        Assert.Equal("www.baidu.com:443", Assert.Single(upstream.Endpoints).ToString());
        Assert.Equal(
            (UpstreamType.LogicalDns, DnsFamily.V4Only, LoadBalancing.RoundRobin), (upstream.Type, upstream.DnsFamily, upstream.LoadBalancing));
        Assert.Equal(TimeSpan.FromMilliseconds(250), upstream.ConnectTimeout);
    }

    [Fact]
    public void The_environment_may_name_another_origin()
    {
        Environment["ORIGIN"] = "127.0.0.1:8443";

        Assert.Equal("127.0.0.1:8443", Assert.Single(Example("terminate").Upstreams.Single().Endpoints).ToString());
        Assert.Equal("127.0.0.1:8443", Assert.Single(Example("merged").Upstreams[1].Endpoints).ToString());
        Assert.Equal("127.0.0.1:8443", Assert.Single(Example("worker").Upstreams.Single().Endpoints).ToString());
    }

    [Theory]
    [InlineData("merged", true, false)]
    [InlineData("merged-h2c", false, false)]
    [InlineData("merged-mtls", true, true)]
    public void The_merged_ones_hold_both(string file, bool tls, bool mutual)
    {
        var node = Example(file);

        Assert.Equal("merged", node.Name);
        Assert.Equal(["tunnel-in", "connect-in"], node.Listeners.Select(listener => listener.Name));
        Assert.Equal(["terminators", "origin"], node.Upstreams.Select(upstream => upstream.Name));
        var connect = node.Listeners.OfType<ConnectListenerSettings>().Single();
        Assert.Equal(tls, connect.Tls is not null && node.Upstreams[0].Tls is not null);
        Assert.Equal(mutual, connect.Tls?.ClientCa is not null && node.Upstreams[0].Tls!.Certificate is not null);
    }

    [Theory]
    [InlineData("encapsulate", 9903)]
    [InlineData("encapsulate-h2c", 9903)]
    [InlineData("encapsulate-mtls", 9903)]
    [InlineData("terminate", 9902)]
    [InlineData("terminate-h2c", 9902)]
    [InlineData("terminate-mtls", 9902)]
    [InlineData("merged", 9900)]
    [InlineData("merged-h2c", 9900)]
    [InlineData("merged-mtls", 9900)]
    [InlineData("seed", 9904)]
    [InlineData("worker", 9902)]
    [InlineData("edge", 9903)]
    public void Each_has_an_admin_server_on_the_port_of_its_role(string file, int port) => Assert.Equal(
        new IPEndPoint(IPAddress.Loopback, port), Loaded(Run([Path.Combine(Root, "config", $"{file}.conf")])).Admin?.Bind);

    [Fact]
    public void The_members_of_a_mesh_find_the_seed_and_only_the_worker_takes_tunnels()
    {
        var (seed, worker, edge) = (MeshOf("seed"), MeshOf("worker"), MeshOf("edge"));

        Assert.Empty(seed.Settings.Seeds);
        Assert.Equal(seed.Settings.Bind.ToString(), Assert.Single(worker.Settings.Seeds).ToString());
        Assert.Equal(seed.Settings.Bind.ToString(), Assert.Single(edge.Settings.Seeds).ToString());
        Assert.Equal((null, "connect-in", null), (seed.TunnelListener, worker.TunnelListener, edge.TunnelListener));
        Assert.All([seed, worker, edge], member => Assert.NotNull(member.Settings.Tls));
        Assert.Empty(Example("seed").Listeners);
        var upstream = Assert.Single(Example("edge").Upstreams);
        Assert.Equal((UpstreamType.Mesh, LoadBalancing.PowerOfTwo, "localhost"), (upstream.Type, upstream.LoadBalancing, upstream.Tls?.VerifyName));
    }

    [Fact]
    public void Two_files_in_one_run_are_as_the_merged_one()
    {
        var node = Loaded(Run(
            [Path.Combine(Root, "config", "encapsulate.conf"), Path.Combine(Root, "config", "terminate.conf")], "node.name=merged")).Node;

        Assert.Equal(Example("merged").Listeners.Select(listener => listener.Name), node.Listeners.Select(listener => listener.Name));
        Assert.Equal("merged", node.Name);
    }

    private MeshConfiguration MeshOf(string name) => Loaded(Run([Path.Combine(Root, "config", $"{name}.conf")])).Mesh!;

    private NodeSettings Example(string name) => Loaded(Run([Path.Combine(Root, "config", $"{name}.conf")])).Node;
}
