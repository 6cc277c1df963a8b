using System.Net;
using ActorTunnel.Host.Certificates;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Hosting;
using ActorTunnel.Proxy.Settings;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration;

/// <summary>What makes a node a member of a mesh, and what an upstream takes from it.</summary>
public sealed class MeshConfigurationTests : ConfigurationTest
{
    /// <summary>A valid member of seven lines, to which each case adds something on line 8.</summary>
    private const string Member =
        """
        actortunnel {
          mesh { bind = "127.0.0.1:0", seeds = ["127.0.0.1:2551"] }
          listeners.enter { bind = "127.0.0.1:1", tunnel { upstream = far, authority = "host.com:443" } }
          listeners.leave { bind = "127.0.0.1:2", connect { routes = [{ authority = "*", upstream = near }] } }
          upstreams.far { type = mesh, protocol = http2 }
          upstreams.near { endpoints = ["127.0.0.1:3"] }
        }

        """;

    private const string Alone =
        """
        actortunnel {
          listeners.leave { bind = "127.0.0.1:2", connect { routes = [{ authority = "*", upstream = near }] } }
          upstreams.near { endpoints = ["127.0.0.1:3"] }
        }

        """;

    [Fact]
    public void A_mere_seed_needs_neither_listeners_nor_upstreams()
    {
        var loaded = Load("actortunnel.mesh.bind = \"127.0.0.1:2551\"");

        Assert.Empty(loaded.Node.Listeners);
        Assert.Null(loaded.Mesh!.TunnelListener);
        Assert.Empty(loaded.Mesh.Settings.Seeds);
        Assert.Empty(loaded.Warnings);
    }

    [Fact]
    public void The_only_connect_listener_takes_the_tunnels_of_the_mesh() => Assert.Equal("leave", Load(Member).Mesh!.TunnelListener);

    [Theory]
    [InlineData("", LoadBalancing.PowerOfTwo)]
    [InlineData("actortunnel.upstreams.far.lb = auto", LoadBalancing.PowerOfTwo)]
    [InlineData("actortunnel.upstreams.far.lb = source-hash", LoadBalancing.SourceHash)]
    [InlineData("actortunnel.upstreams.far.lb = round-robin", LoadBalancing.RoundRobin)]
    public void The_policy_of_a_mesh_is_power_of_two_unless_another_one_is_named(string line, LoadBalancing policy)
    {
        var upstreams = Load(Member + line).Node.Upstreams;

        Assert.Equal((policy, LoadBalancing.RoundRobin), (upstreams[0].LoadBalancing, upstreams[1].LoadBalancing));
    }

    [Fact]
    public void The_effective_settings_name_the_policy_and_the_zone_that_a_mesh_takes()
    {
        var text = Load(Member + "actortunnel.mesh.zone = eu-1").Render();

        Assert.Contains("lb = power-of-two", text, StringComparison.Ordinal);
        Assert.Contains("lb = round-robin", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("zone = eu-1").Length - 1);
        Assert.Equal(text, Load(text).Render());
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("actortunnel.mesh.zone = eu-1", "eu-1")]
    [InlineData("actortunnel { mesh.zone = eu-1, upstreams.far.zone = eu-2 }", "eu-2")]
    public void The_zone_of_an_upstream_is_the_nodes_own_unless_it_says_another(string line, string? zone) =>
        Assert.Equal(zone, Load(Member + line).Node.Upstreams[0].Zone);

    [Theory]
    [InlineData("", "127.0.0.1:4711")]
    [InlineData("actortunnel.mesh.tunnel.advertise = terminator.example", "terminator.example:4711")]
    [InlineData("actortunnel.mesh.tunnel.advertise = \"terminator.example:443\"", "terminator.example:443")]
    [InlineData("actortunnel.mesh.tunnel.advertise = \"2001:db8::1\"", "[2001:db8::1]:4711")]
    [InlineData("actortunnel { mesh.tunnel.advertise = terminator.example, listeners.leave.bind = \"0.0.0.0:2\" }", "terminator.example:4711")]
    public void Encapsulators_are_told_the_bound_address_unless_another_one_is_advertised(string line, string address)
    {
        var bound = new Dictionary<string, IPEndPoint> { ["leave"] = IPEndPoint.Parse("127.0.0.1:4711") };

        Assert.Equal(address, MeshService.TunnelAddressOf(Load(Member + line).Mesh!, [.. bound])?.ToString());
    }

    [Fact]
    public void Who_has_no_connect_listener_is_no_terminator() => Assert.Null(
        MeshService.TunnelAddressOf(Load("actortunnel.mesh.bind = \"127.0.0.1:2551\"").Mesh!, []));

    [Fact]
    public void Cleartext_is_warned_of_unless_nobody_else_can_connect()
    {
        var warning = Assert.Single(Load(Member + "actortunnel.mesh.bind = \"192.0.2.1:2551\"").Warnings);

        Assert.Equal("a.conf:8:13: actortunnel.mesh.tls: is absent: members speak in cleartext, and whoever connects is believed to be one", warning.ToString());
        Assert.Empty(Load(Member + "actortunnel.mesh.bind = \"[::1]:2551\"").Warnings);
        Assert.Empty(Load(
            Member + "actortunnel.mesh { bind = \"192.0.2.1:2551\", tls { ca = \"certs/ca.pem\", cert = \"certs/node.pem\", key = \"certs/node-key.pem\" } }").Warnings);
    }

    [Fact]
    public void The_certificates_of_the_mesh_are_watched_like_the_others()
    {
        var loaded = Load(Member + "actortunnel.mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/node.pem\", key = \"certs/node-key.pem\" }");

        var section = Assert.IsType<TlsSection.OfMesh>(Assert.Single(loaded.Certificates.Sections));
        Assert.Equal(Folder.File("certs/node-key.pem"), section.Files.Key);
        Assert.Same(loaded.Mesh!.Settings.Tls, section.Settings);
    }

    [Fact]
    public void A_certificate_that_is_out_of_date_is_warned_of_and_one_of_the_trust_domain_is_taken()
    {
        var warning = Assert.Single(Load(
            Member + "actortunnel.mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/expired.pem\", key = \"certs/expired-key.pem\" }").Warnings);

        Assert.Equal("a.conf:8:52: actortunnel.mesh.tls.cert = \"certs/expired.pem\": the certificate 'CN=expired' expired at 2025-01-01 00:00:00Z", warning.ToString());
        Assert.Empty(Load(
            Member + "actortunnel.mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/member.pem\", key = \"certs/member-key.pem\", trust-domain = mesh.local }").Warnings);
    }

    [Theory]
    [InlineData("client", "holds a certificate whose extended key usage is not for both")]
    [InlineData("stranger", "holds a certificate that members with the same ca refuse: ")]
    public void New_certificates_that_no_member_takes_leave_the_old_ones_of_the_mesh_in_use(string other, string problem)
    {
        var loaded = Load(Member + "actortunnel.mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/node.pem\", key = \"certs/node-key.pem\" }");
        var watch = new CertificateWatch(loaded.Certificates.Sections.Single(), Time);
        foreach (var (from, to) in new[] { ($"{other}.pem", "node.pem"), ($"{other}-key.pem", "node-key.pem") })
        {
            File.Copy(Folder.File($"certs/{from}"), Folder.File($"certs/{to}"), overwrite: true);
        }

        watch.Look();
        Time.Advance(CertificateWatch.SettleTime);

        var refused = Assert.IsType<CertificateCheck.Refused>(watch.Look());
        Assert.StartsWith($"{Folder.File("certs/node.pem")} {problem}", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_akka_block_reaches_the_mesh_too() =>
        Assert.Contains("loglevel", Load(Member + "akka.loglevel = DEBUG").Mesh!.Settings.AkkaHocon, StringComparison.Ordinal);

    [Theory]
    [InlineData("mesh.bind = seed", "8:25: actortunnel.mesh.bind = \"seed\": has no port; allowed: an IP address and a port, such as \"127.0.0.1:10000\" or \"[::1]:10000\"")]
    [InlineData("mesh.bind = \"0.0.0.0:2551\"", "8:13: actortunnel.mesh.advertise: is missing; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets: nobody can dial 0.0.0.0:2551")]
    [InlineData("mesh.bind = \"[::]:2551\"", "8:13: actortunnel.mesh.advertise: is missing; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets: nobody can dial [::]:2551")]
    [InlineData("mesh.advertise = \"0.0.0.0\"", "8:30: actortunnel.mesh.advertise = \"0.0.0.0\": is every address of a machine, which nobody can dial; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets")]
    [InlineData("mesh.advertise = \"0.0.0.0:2551\"", "8:30: actortunnel.mesh.advertise = \"0.0.0.0:2551\": is every address of a machine, which nobody can dial; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets")]
    [InlineData("mesh.tunnel.advertise = \"::\"", "8:37: actortunnel.mesh.tunnel.advertise = \"::\": is every address of a machine, which nobody can dial; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets")]
    [InlineData("mesh.tunnel.advertise = \"[::ffff:0.0.0.0]:443\"", "8:37: actortunnel.mesh.tunnel.advertise = \"[::ffff:0.0.0.0]:443\": is every address of a machine, which nobody can dial; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets")]
    [InlineData("mesh.bind = \"127.0.0.1:2\"", "8:25: actortunnel.mesh.bind = \"127.0.0.1:2\": listener 'leave' is bound there already; allowed: another address or port")]
    [InlineData("mesh.advertise = \"a b\"", "8:30: actortunnel.mesh.advertise = \"a b\": the port is missing; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets")]
    [InlineData("mesh.seeds = [\"seed\"]", "8:27: actortunnel.mesh.seeds[0] = \"seed\": the port is missing; allowed: \"host:port\", an IPv6 address in brackets")]
    [InlineData("mesh.seeds = [\"seed:0\"]", "8:27: actortunnel.mesh.seeds[0] = \"seed:0\": the port must be 1 to 65535 without leading zeros; allowed: \"host:port\", an IPv6 address in brackets")]
    [InlineData("mesh.zone = EU", "8:25: actortunnel.mesh.zone = \"EU\": is no name; allowed: a-z first, then a-z, 0-9 and '-'")]
    [InlineData("mesh.roles = [terminator]", "8:27: actortunnel.mesh.roles[0] = \"terminator\": is what a node is by its listeners and upstreams; allowed: a-z first, then a-z, 0-9 and '-'; terminator and encapsulator go without saying")]
    [InlineData("mesh.tunnel.listener = enter", "8:36: actortunnel.mesh.tunnel.listener = \"enter\": there is no such listener; allowed: a listener with connect: leave")]
    [InlineData("mesh.tunnel.listener = leav", "8:36: actortunnel.mesh.tunnel.listener = \"leav\": there is no such listener, did you mean 'leave'?; allowed: a listener with connect: leave")]
    [InlineData("listeners.other { bind = \"127.0.0.1:5\", connect { routes = [{ authority = \"*\", upstream = near }] } }", "2:3: actortunnel.mesh.tunnel.listener: is missing; allowed: one of the listeners with connect: leave, other")]
    [InlineData("listeners.leave.bind = \"[::]:2\"", "2:3: actortunnel.mesh.tunnel.advertise: is missing; allowed: \"host\" or \"host:port\", an IPv6 address with a port in brackets: listener 'leave' is bound to [::]:2, which nobody can dial")]
    [InlineData("mesh.backoff.min = 11s", "8:32: actortunnel.mesh.backoff.min = \"11s\": the longest wait is shorter than the first one; allowed: min no longer than max")]
    [InlineData("mesh.tls { cert = \"certs/node.pem\", key = \"certs/node-key.pem\" }", "8:18: actortunnel.mesh.tls.ca: is missing; allowed: the path of a PEM file")]
    [InlineData("mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/client.pem\", key = \"certs/client-key.pem\" }", "8:52: actortunnel.mesh.tls.cert = \"certs/client.pem\": this file holds a certificate whose extended key usage is not for both servers and clients; a member is both to the others; allowed: a certificate for servers and clients alike")]
    [InlineData("mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/stranger.pem\", key = \"certs/stranger-key.pem\" }", "8:52: actortunnel.mesh.tls.cert = \"certs/stranger.pem\": this file holds a certificate that members with the same ca refuse: its certificate is not valid: UntrustedRoot; allowed: a certificate that ca issued, with a SPIFFE id of trust-domain where that is set")]
    [InlineData("mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/node.pem\", key = \"certs/node-key.pem\", trust-domain = mesh.local }", "8:52: actortunnel.mesh.tls.cert = \"certs/node.pem\": this file holds a certificate that members with the same ca and trust-domain refuse: its certificate does not have exactly one spiffe:// URI; allowed: a certificate that ca issued, with a SPIFFE id of trust-domain where that is set")]
    [InlineData("mesh.tls { ca = \"certs/ca.pem\", cert = \"certs/member.pem\", key = \"certs/member-key.pem\", trust-domain = mesh.example }", "8:52: actortunnel.mesh.tls.cert = \"certs/member.pem\": this file holds a certificate that members with the same ca and trust-domain refuse: its SPIFFE id is not of trust domain mesh.example; allowed: a certificate that ca issued, with a SPIFFE id of trust-domain where that is set")]
    [InlineData("admin.bind = \"127.0.0.1:2551\", actortunnel.mesh.bind = \"127.0.0.1:2551\"", "8:26: actortunnel.admin.bind = \"127.0.0.1:2551\": mesh.bind is the same; allowed: another address or port")]
    [InlineData("drain.delay = 11m", "8:27: actortunnel.drain.delay = \"11m\": is out of range; allowed: 0, or a duration from 1ms to 10m")]
    [InlineData("upstreams.far.endpoints = [\"127.0.0.1:2\"]", "8:39: actortunnel.upstreams.far.endpoints = [ … ]: is not for type = mesh, where members tell of themselves")]
    [InlineData("upstreams.far.dns-refresh = 1s", "8:41: actortunnel.upstreams.far.dns-refresh = \"1s\": is only for type = logical-dns or strict-dns")]
    [InlineData("upstreams.near.role = fast", "8:35: actortunnel.upstreams.near.role = \"fast\": is only for type = mesh")]
    [InlineData("upstreams.near.zone = eu", "8:35: actortunnel.upstreams.near.zone = \"eu\": is only for type = mesh")]
    [InlineData("upstreams.near.max-attempts = 2", "8:43: actortunnel.upstreams.near.max-attempts = 2: is only for protocol = http2")]
    [InlineData("upstreams.far.max-attempts = 0", "8:42: actortunnel.upstreams.far.max-attempts = 0: is out of range; allowed: a whole number from 1 to 100")]
    [InlineData("upstreams.near.type = mash", "8:35: actortunnel.upstreams.near.type = \"mash\": is not known, did you mean 'mesh'?; allowed: static or logical-dns or strict-dns or mesh")]
    public void A_mistake_is_one_line_with_place_key_value_and_what_is_allowed(string line, string expected) =>
        Assert.Equal([$"a.conf:{expected}"], Mistakes($"{Member}actortunnel.{line.Replace(", actortunnel", "\nactortunnel", StringComparison.Ordinal)}\n"));

    [Theory]
    [InlineData("mesh.seeds = [\"a:1\"]", "5:26: actortunnel.mesh.seeds = [ … ]: needs mesh.bind, without which the node is in no mesh")]
    [InlineData("mesh.tunnel { }", "5:25: actortunnel.mesh.tunnel = { … }: needs mesh.bind, without which the node is in no mesh")]
    [InlineData("drain.delay = 2s", "5:27: actortunnel.drain.delay = \"2s\": needs mesh.bind, without which nobody is told of a drain")]
    [InlineData("drain.delay = 0", "5:27: actortunnel.drain.delay = 0: needs mesh.bind, without which nobody is told of a drain")]
    [InlineData("upstreams.far { type = mesh, protocol = http2 }", "5:36: actortunnel.upstreams.far.type = \"mesh\": this node is in no mesh: actortunnel.mesh.bind is not set; allowed: mesh on a node that has mesh.bind")]
    public void Without_a_bind_address_there_is_no_mesh_to_set_anything_of(string line, string expected) =>
        Assert.Contains($"a.conf:{expected}", Mistakes($"{Alone}actortunnel.{line}\n"));

    [Fact]
    public void The_delay_of_a_drain_is_a_members_and_its_default_is_refused_to_nobody()
    {
        var alone = Load(Alone).Render();

        Assert.DoesNotContain("delay =", alone, StringComparison.Ordinal);
        Assert.Equal(alone, Load(alone).Render());
        Assert.Contains("delay = 1s", Load(Member).Render(), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), Load(Member).DrainDelay);
    }

    [Fact]
    public void An_upstream_of_the_mesh_speaks_http2()
    {
        var mistakes = Mistakes(Member.Replace(", protocol = http2", ", protocol = tcp", StringComparison.Ordinal));

        Assert.Equal(
            ["a.conf:5:43: actortunnel.upstreams.far.protocol = \"tcp\": the members of a mesh are terminators, and they are spoken to in HTTP/2; allowed: http2 with type = mesh"],
            mistakes);
    }

    [Fact]
    public void An_advertised_tunnel_address_without_a_listener_for_it_is_a_mistake() => Assert.Equal(
        ["a.conf:1:61: actortunnel.mesh.tunnel.advertise = \"a.example\": there is no listener with connect, so nobody can be told of it"],
        Mistakes("actortunnel.mesh { bind = \"127.0.0.1:1\", tunnel.advertise = a.example }"));
}
