using System.Globalization;
using System.Net;
using ActorTunnel.Proxy.Routing;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Routing;

public sealed class AuthorityTests
{
    private static readonly string Label63 = new('a', 63);
    private static readonly string Name253 = string.Join('.', Label63, Label63, Label63, new string('a', 61));

    [Theory]
    [InlineData("host.com:443", "host.com", 443)]
    [InlineData("HOST.Com:443", "host.com", 443)]
    [InlineData("localhost:1", "localhost", 1)]
    [InlineData("a:65535", "a", 65535)]
    [InlineData("1and1.com:80", "1and1.com", 80)]
    [InlineData("3com:80", "3com", 80)]
    [InlineData("xn--bcher-kva.example:80", "xn--bcher-kva.example", 80)]
    [InlineData("a--b.c-d:80", "a--b.c-d", 80)]
    [InlineData("10.0.0.1:80", "10.0.0.1", 80)]
    [InlineData("0.0.0.0:80", "0.0.0.0", 80)]
    [InlineData("255.255.255.255:80", "255.255.255.255", 80)]
    [InlineData("1.2.3.4.example:80", "1.2.3.4.example", 80)]
    [InlineData("[::1]:443", "::1", 443)]
    [InlineData("[::]:443", "::", 443)]
    [InlineData("[2001:DB8:0:0:0:0:0:1]:443", "2001:db8::1", 443)]
    [InlineData("[::ffff:10.0.0.1]:443", "::ffff:10.0.0.1", 443)]
    public void A_host_and_a_port_are_read_in_normal_form(string text, string host, int port)
    {
        Assert.True(Authority.TryParse(text, out var authority, out var problem), problem);
        Assert.Equal(new Authority(host, port), authority);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":443")]
    [InlineData("host.com")]
    [InlineData("host.com:")]
    [InlineData("host.com:0")]
    [InlineData("host.com:00")]
    [InlineData("host.com:0443")]
    [InlineData("host.com:65536")]
    [InlineData("host.com:99999999999999999999")]
    [InlineData("host.com:-1")]
    [InlineData("host.com:+1")]
    [InlineData("host.com: 443")]
    [InlineData("host.com:443 ")]
    [InlineData("host.com:4a")]
    [InlineData("host.com:٤٤٣")]
    [InlineData("host.com:443:443")]
    [InlineData("host.com:443:")]
    [InlineData("host.com::443")]
    [InlineData("host.com:https")]
    public void A_port_that_is_not_one_number_from_1_to_65535_is_refused(string text) => AssertRefused(text);

    [Theory]
    [InlineData("user@host.com:443")]
    [InlineData("user:secret@host.com:443")]
    [InlineData("@host.com:443")]
    [InlineData("user@[::1]:443")]
    [InlineData("https://host.com:443")]
    [InlineData("host.com:443/")]
    [InlineData("host.com/path:443")]
    [InlineData("host.com?q:443")]
    [InlineData("host.com#f:443")]
    public void Userinfo_and_other_parts_of_a_uri_are_refused(string text) => AssertRefused(text);

    [Theory]
    [InlineData(" host.com:443")]
    [InlineData("host .com:443")]
    [InlineData("host.com\t:443")]
    [InlineData("host.com\r\nx:443")]
    [InlineData("host.com\0:443")]
    [InlineData("bücher.example:443")]
    [InlineData("my_host:443")]
    [InlineData("%68ost.com:443")]
    [InlineData("*:443")]
    [InlineData("*.host.com:443")]
    [InlineData("-host.com:443")]
    [InlineData("host-.com:443")]
    [InlineData("a.-b:443")]
    [InlineData("a.b-:443")]
    [InlineData(".:443")]
    [InlineData(".host.com:443")]
    [InlineData("host..com:443")]
    [InlineData("host.com.:443")]
    [InlineData("KELVIN\u212A.com:443")]
    public void A_host_that_is_no_name_of_RFC_1123_is_refused(string text) => AssertRefused(text);

    [Theory]
    [InlineData("127.1:80")]
    [InlineData("127.0.1:80")]
    [InlineData("2130706433:80")]
    [InlineData("0:80")]
    [InlineData("0x7f000001:80")]
    [InlineData("0X7F000001:80")]
    [InlineData("0x7f.1:80")]
    [InlineData("0x7f.0.0.0x1:80")]
    [InlineData("0x:80")]
    [InlineData("017700000001:80")]
    [InlineData("010.0.0.1:80")]
    [InlineData("10.0.0.01:80")]
    [InlineData("10.0.0.00:80")]
    [InlineData("10.0.0.256:80")]
    [InlineData("10.0.0.1000:80")]
    [InlineData("1.2.3.4.5:80")]
    [InlineData("10.0.0.1.:80")]
    [InlineData("example.0x1:80")]
    [InlineData("example.1:80")]
    public void A_number_that_some_resolver_reads_as_an_address_is_refused(string text) => AssertRefused(text);

    [Theory]
    [InlineData("::1:443")]
    [InlineData("[]:443")]
    [InlineData("[::1:443")]
    [InlineData("[::1]")]
    [InlineData("[::1]443")]
    [InlineData("[::1]:")]
    [InlineData("[::1]x:443")]
    [InlineData("[[::1]]:443")]
    [InlineData("[fe80::1%eth0]:443")]
    [InlineData("[fe80::1%25eth0]:443")]
    [InlineData("[fe80::1%1]:443")]
    [InlineData("[::1/64]:443")]
    [InlineData("[::g]:443")]
    [InlineData("[1:2:3:4:5:6:7]:443")]
    [InlineData("[1:2:3:4:5:6:7:8:9]:443")]
    [InlineData("[1::2::3]:443")]
    [InlineData("[12345::]:443")]
    [InlineData("[::ffff:010.0.0.1]:443")]
    [InlineData("[::ffff:10.0.1]:443")]
    [InlineData("[::1.2.3.04]:443")]
    [InlineData("[::1.2.3.010]:443")]
    [InlineData("[::ffff:0x7f.0.0.1]:443")]
    [InlineData("[10.0.0.1]:443")]
    [InlineData("[host.com]:443")]
    [InlineData("[v1.fe80::1]:443")]
    [InlineData("[ ::1]:443")]
    public void An_IPv6_literal_without_brackets_or_with_more_than_an_address_in_them_is_refused(string text) => AssertRefused(text);

    [Fact]
    public void A_name_of_253_characters_and_a_label_of_63_are_the_longest()
    {
        Assert.Equal(253, Name253.Length);
        Assert.True(Authority.TryParse($"{Name253}:443", out _, out _));
        AssertRefused($"a{Name253}:443");
        AssertRefused($"a{Label63}.com:443");
    }

    [Fact]
    public void What_is_printed_is_read_again_as_the_same_authority()
    {
        var label = Gen.String[Gen.Char["abcxyz059"], 1, 8].Where(text => !char.IsAsciiDigit(text[0]));
        var name = label.Array[1, 4].Select(labels => string.Join('.', labels));
        var address4 = Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes).ToString());
        var address6 = Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes).ToString());
        var authorities = Gen.Select(Gen.OneOf(name, address4, address6), Gen.Int[1, 65_535], (host, port) => new Authority(host, port));

        authorities.Sample(authority =>
        {
            Assert.True(Authority.TryParse(authority.ToString(), out var again, out var problem), problem);
            Assert.Equal(authority, again);
        });
    }

    [Fact]
    public void Whatever_is_read_is_a_host_that_the_resolver_reads_the_same_way()
    {
        var texts = Gen.String[Gen.Char["0123456789abfx.:[]%-@ A\t\0é"], 0, 24];

        texts.Sample(
            text =>
            {
                if (!Authority.TryParse(text, out var authority, out _))
                {
                    return;
                }

                Assert.InRange(authority.Port, 1, 65_535);
                Assert.Equal(authority.Host.ToLower(CultureInfo.InvariantCulture), authority.Host);
                if (IPAddress.TryParse(authority.Host, out var address))
                {
                    Assert.Equal(address.ToString(), authority.Host);
                }
            },
            iter: 20_000);
    }

    private static void AssertRefused(string text)
    {
        Assert.False(Authority.TryParse(text, out var authority, out var problem));
        Assert.Null(authority);
        Assert.NotEmpty(problem);
    }
}
