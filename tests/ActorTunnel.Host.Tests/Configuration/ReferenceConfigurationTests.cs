using System.Net;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sockets;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration;

public sealed class ReferenceConfigurationTests : ConfigurationTest
{
    private const string Smallest =
        """
        actortunnel {
          listeners.tunnel-in { bind = "127.0.0.1:1", tunnel { upstream = terminators, authority = "host.com:443" } }
          listeners.connect-in { bind = "127.0.0.1:2", connect { routes = [{ authority = "*", upstream = origin }] } }
          upstreams.terminators { endpoints = ["127.0.0.1:2"], protocol = http2 }
          upstreams.origin { endpoints = ["127.0.0.1:3"] }
        }
        """;

    /// <summary>Every key there is, none with its default.</summary>
    private const string Largest =
        """
        actortunnel {
          node.name = other
          admin.bind = "[::1]:4"
          limits { dials-per-session = 1, dials-per-process = 2, dial-wait = 3s, dns-timeout = 4s, buffers = 17MiB }
          drain { timeout = 5s, delay = 6s }
          mesh {
            bind = "[::1]:7", advertise = "seed.example:8", seeds = ["a.example:1", "[::1]:2"], zone = eu-1, roles = [fast]
            tunnel { listener = connect-in, advertise = tunnels.example }
            backoff { min = 39ms, max = 40s }
            tls { ca = "certs/ca.pem", cert = "certs/member.pem", key = "certs/member-key.pem", trust-domain = mesh.local }
          }
          listeners.tunnel-in {
            bind = "[::1]:1", max-connections = 6, proxy-protocol = require, peek-timeout = 28s
            tunnel {
              upstream = terminators, authority = "%REQUESTED_SERVER_NAME%:443", headers { x-a = "b %ENVIRONMENT(X)%" }
              default-server-name = host.com, early-data = true
              idle-timeout = 7s, half-closed-idle-timeout = 8s, end-delivery-timeout = 9s, keepalive { time = 10s, interval = 11s, probes = 12 }
            }
          }
          listeners.intercept-in { bind = "127.0.0.1:5", original-dst = tproxy, tunnel { upstream = terminators } }
          listeners.connect-in {
            bind = "127.0.0.1:2", max-connections = 13, proxy-protocol = accept, peek-timeout = 29s
            tls { cert = "certs/server.pem", key = "certs/server-key.pem", client-ca = "certs/ca.pem", client-trust-domain = mesh.local, tls12 = on }
            connect {
              routes = [{ authority = "*.Example:443", upstream = origin }]
              http1 = false
              http2 { stream-window = 64KiB, max-stream-window = 128KiB, receive-budget = 1MiB, max-frame-size = 16KiB, max-concurrent-streams = 14, handshake-timeout = 15s, ping-interval = 0, ping-timeout = 30s, write-timeout = 31s, max-age = 32s }
              origin {
                idle-timeout = 0, half-closed-idle-timeout = 16s, end-delivery-timeout = 17s, keepalive { time = 0, interval = 18s, probes = 19 }
              }
            }
          }
          upstreams.terminators {
            endpoints = ["terminator.example:1", "[::1]:2"], protocol = http2, connect-timeout = 20s, lb = least-tunnels
            type = strict-dns, dns-family = v4-preferred, dns-refresh = 27s
            answer-timeout = 37s, max-attempts = 38, sessions-per-endpoint.max = 21, backoff { min = 22ms, max = 23s }
            http2 { stream-window = 8MiB, max-stream-window = 12MiB, receive-budget = 24MiB, max-frame-size = 1MiB, max-concurrent-streams = 25, handshake-timeout = 26s, ping-interval = 34s, ping-timeout = 35s, write-timeout = 0, max-age = 36s }
            tls {
              ca = "certs/ca.pem", verify-name = "::1", verify-spiffe-id = "spiffe://mesh.local/terminator"
              cert = "certs/client.pem", key = "certs/client-key.pem", insecure-skip-verify = true, tls12 = yes
            }
          }
          upstreams.members { type = mesh, protocol = http2, role = fast, zone = eu-2 }
          upstreams.origin { endpoints = ["127.0.0.1:3"], proxy-protocol = v2 }
        }
        """;

    [Fact]
    public void Defaults_are_those_of_the_records()
    {
        var node = Load(Smallest).Node;

        Assert.Equal("actortunnel", node.Name);
        Assert.Null(Load(Smallest).Admin);
        Assert.Null(Load(Smallest).Mesh);
        Assert.Equal(Seconds(1), Load("actortunnel.mesh.bind = \"127.0.0.1:0\"").DrainDelay);
        Assert.Equal(new Limits(), node.Limits);
        var record = new NodeSettings { Name = "", Listeners = [], Upstreams = [] };
        Assert.Equal(record.DrainTimeout, node.DrainTimeout);
        var tunnel = node.Listeners.OfType<TunnelListenerSettings>().Single();
        Assert.Equal(tunnel with { MaxConnections = Default(tunnel).MaxConnections, Tunnel = new TunnelSettings(), Headers = Default(tunnel).Headers }, tunnel);
        var connect = node.Listeners.OfType<ConnectListenerSettings>().Single();
        Assert.Equal(connect with { MaxConnections = Default(tunnel).MaxConnections, Tunnel = new TunnelSettings(), Http2 = new Http2Settings(), Tls = null }, connect);
        foreach (var upstream in node.Upstreams)
        {
            Assert.Equal(new UpstreamSettings { Name = upstream.Name, Endpoints = upstream.Endpoints, Protocol = upstream.Protocol }, upstream);
        }
    }

    [Fact]
    public void Every_key_reaches_its_setting()
    {
        Environment["X"] = "c";
        var node = Load(Largest).Node;

        Assert.Equal("other", node.Name);
        Assert.Equal(IPEndPoint.Parse("[::1]:4"), Load(Largest).Admin?.Bind);
        Assert.Equal(
            new Limits { DialsPerSession = 1, DialsPerProcess = 2, DialWait = Seconds(3), DnsTimeout = Seconds(4), Buffers = 17 * 1024 * 1024 },
            node.Limits);
        Assert.Equal((Seconds(5), Seconds(6)), (node.DrainTimeout, Load(Largest).DrainDelay));

        var mesh = Load(Largest).Mesh!;
        Assert.Equal(("connect-in", new EndpointAddress("tunnels.example", 0)), (mesh.TunnelListener, mesh.TunnelAdvertise));
        Assert.Equal(
            ("other", IPEndPoint.Parse("[::1]:7"), new EndpointAddress("seed.example", 8), "eu-1"),
            (mesh.Settings.NodeName, mesh.Settings.Bind, mesh.Settings.Advertise, mesh.Settings.Zone));
        Assert.Equal([new EndpointAddress("a.example", 1), new EndpointAddress("::1", 2)], mesh.Settings.Seeds.ToArray());
        Assert.Equal("fast", Assert.Single(mesh.Settings.Roles));
        Assert.Equal((TimeSpan.FromMilliseconds(39), Seconds(40)), (mesh.Settings.MinBackoff, mesh.Settings.MaxBackoff));
        Assert.Equal(("CN=member", "mesh.local"), (mesh.Settings.Tls!.Certificate.Leaf.Subject, mesh.Settings.Tls.TrustDomain));
        Assert.Equal("CN=ca", Assert.Single(mesh.Settings.Tls.Ca).Subject);

        var tunnel = Assert.IsType<TunnelListenerSettings>(node.Listeners[0]);
        Assert.Equal((IPEndPoint.Parse("[::1]:1"), 6), (tunnel.Bind, tunnel.MaxConnections));
        Assert.Equal((AcceptProxyProtocol.Require, Seconds(28)), (tunnel.ProxyProtocol, tunnel.PeekTimeout));
        Assert.Equal("%REQUESTED_SERVER_NAME%:443", tunnel.Authority?.Text);
        Assert.Equal("host.com", tunnel.DefaultServerName);
        Assert.True(tunnel.EarlyData);
        var header = Assert.Single(tunnel.Headers);
        Assert.Equal(("x-a", "b %ENVIRONMENT(X)%"), (header.Key, header.Value.Text));
        Assert.Equal(
            new TunnelSettings
            {
                IdleTimeout = Seconds(7),
                HalfClosedIdleTimeout = Seconds(8),
                EndDeliveryTimeout = Seconds(9),
                KeepAliveTime = Seconds(10),
                KeepAliveInterval = Seconds(11),
                KeepAliveProbes = 12,
            },
            tunnel.Tunnel);

        var intercept = Assert.IsType<TunnelListenerSettings>(node.Listeners[1]);
        Assert.Equal((OriginalDestinationMode.Tproxy, "%ORIGINAL_DST%"), (intercept.OriginalDestination, intercept.Authority?.Text));
        Assert.False(intercept.EarlyData);

        var connect = Assert.IsType<ConnectListenerSettings>(node.Listeners[2]);
        Assert.Equal(13, connect.MaxConnections);
        Assert.Equal((AcceptProxyProtocol.Accept, Seconds(29)), (connect.ProxyProtocol, connect.PeekTimeout));
        Assert.False(connect.Http1);
        Assert.Equal([new RouteSettings("*.example:443", "origin")], connect.Routes.ToArray());
        Assert.Equal(("mesh.local", true), (connect.Tls!.ClientTrustDomain, connect.Tls.AllowTls12));
        Assert.Equal("CN=server", connect.Tls.Certificate.Leaf.Subject);
        Assert.True(connect.Tls.Certificate.Leaf.HasPrivateKey);
        Assert.Equal("CN=ca", Assert.Single(connect.Tls.Certificate.Intermediates).Subject);
        Assert.Equal("CN=ca", Assert.Single(connect.Tls.ClientCa!).Subject);
        Assert.Equal(
            new Http2Settings
            {
                StreamWindow = 65_536,
                MaxStreamWindow = 128 * 1024,
                ReceiveBudget = 1024 * 1024,
                MaxFrameSize = 16_384,
                MaxConcurrentStreams = 14,
                HandshakeTimeout = Seconds(15),
                PingInterval = TimeSpan.Zero,
                PingTimeout = Seconds(30),
                WriteTimeout = Seconds(31),
                MaxAge = Seconds(32),
            },
            connect.Http2);
        Assert.Equal(
            new TunnelSettings
            {
                IdleTimeout = TimeSpan.Zero,
                HalfClosedIdleTimeout = Seconds(16),
                EndDeliveryTimeout = Seconds(17),
                KeepAliveTime = TimeSpan.Zero,
                KeepAliveInterval = Seconds(18),
                KeepAliveProbes = 19,
            },
            connect.Tunnel);

        var upstream = node.Upstreams[0];
        Assert.Equal([new EndpointAddress("terminator.example", 1), new EndpointAddress("::1", 2)], upstream.Endpoints.ToArray());
        Assert.Equal(
            (LoadBalancing.LeastTunnels, Seconds(20), 21, TimeSpan.FromMilliseconds(22), Seconds(23)),
            (upstream.LoadBalancing, upstream.ConnectTimeout, upstream.MaxSessionsPerEndpoint, upstream.MinBackoff, upstream.MaxBackoff));
        Assert.Equal(
            (UpstreamType.StrictDns, DnsFamily.V4Preferred, Seconds(27)), (upstream.Type, upstream.DnsFamily, upstream.DnsRefresh));
        Assert.Equal((Seconds(37), 38), (upstream.AnswerTimeout, upstream.MaxAttempts));
        Assert.Equal(
            new Http2Settings
            {
                StreamWindow = 8 * 1024 * 1024,
                MaxStreamWindow = 12 * 1024 * 1024,
                ReceiveBudget = 24 * 1024 * 1024,
                MaxFrameSize = 1024 * 1024,
                MaxConcurrentStreams = 25,
                HandshakeTimeout = Seconds(26),
                PingInterval = Seconds(34),
                PingTimeout = Seconds(35),
                WriteTimeout = TimeSpan.Zero,
                MaxAge = Seconds(36),
            },
            upstream.Http2);
        Assert.Equal(
            ("::1", "spiffe://mesh.local/terminator", true, true),
            (upstream.Tls!.VerifyName, upstream.Tls.VerifySpiffeId, upstream.Tls.InsecureSkipVerify, upstream.Tls.AllowTls12));
        Assert.Equal(SendProxyProtocol.V2, node.Upstreams[2].ProxyProtocol);
        var members = node.Upstreams[1];
        Assert.Equal((UpstreamType.Mesh, "fast", "eu-2", LoadBalancing.PowerOfTwo), (members.Type, members.Role, members.Zone, members.LoadBalancing));
        Assert.Empty(members.Endpoints);
        Assert.Equal("CN=ca", Assert.Single(upstream.Tls.Ca).Subject);
        Assert.Equal("CN=client", upstream.Tls.Certificate!.Leaf.Subject);
        Assert.True(upstream.Tls.Certificate.Leaf.HasPrivateKey);
    }

    [Fact]
    public void The_reference_has_exactly_the_keys_that_are_read()
    {
        Environment["X"] = "c";
        var reference = Reference();
        var read = new HashSet<string>();
        Collect(Load(Largest).Effective, "", read);

        // The entries of the three maps are named as the templates that describe them.
        var templates = read.Select(path => path
            .Replace("actortunnel.listeners.tunnel-in", "template.listener", StringComparison.Ordinal)
            .Replace("actortunnel.listeners.intercept-in", "template.listener", StringComparison.Ordinal)
            .Replace("actortunnel.listeners.connect-in", "template.listener", StringComparison.Ordinal)
            .Replace("actortunnel.upstreams.terminators", "template.upstream", StringComparison.Ordinal)
            .Replace("actortunnel.upstreams.members", "template.upstream", StringComparison.Ordinal)
            .Replace("actortunnel.upstreams.origin", "template.upstream", StringComparison.Ordinal)
            .Replace("template.listener.connect.routes[]", "template.route", StringComparison.Ordinal)
            .Replace(".headers.x-a", ".headers", StringComparison.Ordinal));

        var documented = new HashSet<string>();
        Collect(reference, "", documented);
        Assert.Equal(
            documented.Where(path => path is not ("actortunnel.listeners" or "actortunnel.upstreams" or "template.listener.connect.routes")).Order(),
            templates.Distinct().Order());
    }

    [Fact]
    public void The_largest_configuration_has_no_default_in_it()
    {
        var defaults = new Dictionary<string, string>();
        Flatten(Reference(), "", defaults);
        var given = new Dictionary<string, string>();
        Flatten(HoconDocumentOf(Largest), "", given);

        foreach (var (path, value) in given)
        {
            var template = path
                .Replace("actortunnel.listeners.tunnel-in", "template.listener", StringComparison.Ordinal)
                .Replace("actortunnel.listeners.intercept-in", "template.listener", StringComparison.Ordinal)
                .Replace("actortunnel.listeners.connect-in", "template.listener", StringComparison.Ordinal)
                .Replace("actortunnel.upstreams.members", "template.upstream", StringComparison.Ordinal)
                .Replace("actortunnel.upstreams.terminators", "template.upstream", StringComparison.Ordinal);
            if (defaults.TryGetValue(template, out var standard))
            {
                Assert.NotEqual((path, standard), (path, value));
            }
        }
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static TunnelListenerSettings Default(TunnelListenerSettings required) =>
        new() { Name = required.Name, Bind = required.Bind, Upstream = required.Upstream, Authority = required.Authority, Headers = [] };

    private static HoconObject Reference() => HoconDocumentOf(File.ReadAllText(Path.Combine(Root, "config", "reference.conf")));

    private static HoconObject HoconDocumentOf(string text)
    {
        var reader = new HoconReader();
        Assert.Null(reader.Add(HoconSource.FromText("text", text)));
        return reader.Resolve(_ => null).Root;
    }

    private static void Collect(HoconValue value, string path, HashSet<string> paths)
    {
        switch (value)
        {
            case HoconObject { Fields: not [] } node:
                foreach (var field in node.Fields)
                {
                    Collect(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}", paths);
                }

                break;
            case HoconArray array when array.Items.Any(item => item is HoconObject):
                foreach (var item in array.Items)
                {
                    Collect(item, $"{path}[]", paths);
                }

                break;
            default:
                paths.Add(path);
                break;
        }
    }

    private static void Flatten(HoconObject node, string path, Dictionary<string, string> values)
    {
        foreach (var field in node.Fields)
        {
            var key = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            if (field.Value is HoconObject inner)
            {
                Flatten(inner, key, values);
            }
            else if (field.Value is HoconScalar scalar)
            {
                values[key] = scalar.Text;
            }
        }
    }
}
