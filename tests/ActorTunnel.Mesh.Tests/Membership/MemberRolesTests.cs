using System.Net;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Settings;
using CsCheck;
using Xunit;

namespace ActorTunnel.Mesh.Tests.Membership;

public sealed class MemberRolesTests
{
    [Fact]
    public void A_terminator_says_where_it_takes_tunnels_and_where_it_stands()
    {
        var roles = MemberRoles.Of(Settings(zone: "eu-1", "gpu", "batch"), new MeshIdentity(new EndpointAddress("10.0.0.5", 15008), IsEncapsulator: false, "1.0"));
        Assert.Equal(["terminator", "batch", "gpu", "name=node-1", "zone=eu-1", "tunnel=10.0.0.5:15008"], roles.Format().AsEnumerable());
    }

    [Fact]
    public void A_mere_seed_says_its_name_only() =>
        Assert.Equal(["name=node-1"], MemberRoles.Of(Settings(zone: null), new MeshIdentity(null, IsEncapsulator: false, "1.0")).Format().AsEnumerable());

    [Fact]
    public void An_IPv6_tunnel_address_comes_through() =>
        Assert.Equal(new EndpointAddress("fd00::7", 443), MemberRoles.Parse(["terminator", "tunnel=[fd00::7]:443"]).TunnelAddress);

    [Fact]
    public void Facts_of_a_newer_version_are_no_roles() =>
        Assert.Equal(["terminator"], MemberRoles.Parse(["rack=7", "terminator"]).Roles.AsEnumerable());

    [Theory]
    [InlineData("tunnel=")]
    [InlineData("tunnel=host")]
    [InlineData("tunnel=:15008")]
    [InlineData("tunnel=host:0")]
    [InlineData("tunnel=host:65536")]
    [InlineData("tunnel=host:-1")]
    [InlineData("tunnel=host: 1")]
    [InlineData("tunnel=fd00::7:443")]
    [InlineData("tunnel=[]:443")]
    [InlineData("tunnel=[host]:443")]
    public void A_tunnel_address_that_cannot_be_read_is_none(string role) => Assert.Null(MemberRoles.Parse([role]).TunnelAddress);

    [Fact]
    public void What_is_said_is_what_is_understood_in_any_order()
    {
        var word = Gen.Char['a', 'z'].Array[1, 8].Select(letters => new string(letters));
        var host = Gen.OneOf(Gen.Const("10.1.2.3"), Gen.Const("fd00::7"), Gen.Const("worker-1.example"));
        var member = Gen.Select(word, word.Null(), host.Null(), Gen.Int[1, 65535], word.Array[0, 4], Gen.Bool);
        member.Sample((name, zone, tunnelHost, port, roles, isEncapsulator) =>
        {
            var said = MemberRoles.Of(
                new MeshSettings { NodeName = name, Bind = new IPEndPoint(IPAddress.Loopback, 0), Zone = zone, Roles = [.. roles] },
                new MeshIdentity(tunnelHost is null ? null : new EndpointAddress(tunnelHost, port), isEncapsulator, "1.0"));
            var heard = MemberRoles.Parse(said.Format().Reverse());
            Assert.Equal((said.Name, said.Zone, said.TunnelAddress), (heard.Name, heard.Zone, heard.TunnelAddress));
            Assert.Equal(said.Roles, heard.Roles.AsEnumerable());
        });
    }

    private static MeshSettings Settings(string? zone, params string[] roles) =>
        new() { NodeName = "node-1", Bind = new IPEndPoint(IPAddress.Loopback, 0), Zone = zone, Roles = [.. roles] };
}
