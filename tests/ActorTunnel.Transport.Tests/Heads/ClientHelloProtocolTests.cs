using System.Net.Security;
using ActorTunnel.Transport.Heads;
using Xunit;
using static ActorTunnel.Transport.Tests.Heads.HelloBytes;

namespace ActorTunnel.Transport.Tests.Heads;

/// <summary>What a hello offers by ALPN (RFC 7301).</summary>
public sealed class ClientHelloProtocolTests
{
    [Fact]
    public void The_protocols_are_read_from_the_hello_of_the_platforms_tls()
    {
        AssertOffered(null, OfThePlatform("host.example"));
        AssertOffered(OfferedProtocols.Http2, OfThePlatform("host.example", SslApplicationProtocol.Http2));
        AssertOffered(OfferedProtocols.Http11, OfThePlatform("host.example", SslApplicationProtocol.Http11));
        AssertOffered(
            OfferedProtocols.Http2 | OfferedProtocols.Http11,
            OfThePlatform("host.example", SslApplicationProtocol.Http11, SslApplicationProtocol.Http2));
    }

    [Theory]
    [InlineData(OfferedProtocols.None, "h3", "http/1.0")]
    [InlineData(OfferedProtocols.None, "H2", "HTTP/1.1")]
    [InlineData(OfferedProtocols.None, "h2c", "http/1.1x", "http/1.")]
    [InlineData(OfferedProtocols.Http2, "\n\n", "h3", "h2")]
    [InlineData(OfferedProtocols.Http11, "http/1.0", "http/1.1")]
    [InlineData(OfferedProtocols.Http2 | OfferedProtocols.Http11, "http/1.1", "spdy/3", "h2", "h2")]
    public void Names_are_compared_whole_and_unknown_ones_are_skipped(OfferedProtocols expected, params string[] names) =>
        AssertOffered(expected, Records(Message(Grease, Protocols(names), ServerName("host.example"))));

    [Fact]
    public void A_hello_cut_into_records_of_any_size_is_read()
    {
        var message = Message(Grease, Protocols("h2", "http/1.1"), Groups);
        for (var fragment = 1; fragment <= message.Length; fragment++)
        {
            AssertOffered(OfferedProtocols.Http2 | OfferedProtocols.Http11, Records(message, fragment));
        }
    }

    [Fact]
    public void The_name_is_read_beside_them() =>
        Assert.Equal(
            new ClientHello("host.example", OfferedProtocols.Http11),
            ClientHelloReader.Read(Records(Message(Protocols("http/1.1"), ServerName("host.example")))).Value);

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        AssertInvalid(Extension(16, []));
        AssertInvalid(Extension(16, [0, 0]));
        AssertInvalid(Extension(16, [0, 1, 0]));
        AssertInvalid(Extension(16, [0, 3, 3, (byte)'h', (byte)'2']));
        AssertInvalid(Extension(16, [0, 4, 2, (byte)'h', (byte)'2']));
        AssertInvalid(Extension(16, [0, 2, 2, (byte)'h', (byte)'2']));
        AssertInvalid(Extension(16, [0, 4, 2, (byte)'h', (byte)'2', 0]));
    }

    [Fact]
    public void Two_lists_are_refused() => AssertInvalid(Protocols("h2"), Protocols("http/1.1"));

    private static void AssertOffered(OfferedProtocols? expected, byte[] bytes) =>
        Assert.Equal((HeadStatus.Complete, expected), Verdict(bytes));

    private static void AssertInvalid(params byte[][] extensions) =>
        Assert.Equal(HeadStatus.Invalid, Cuts.Run(ClientHelloReader.Read, Records(Message(extensions))).Status);

    private static (HeadStatus, OfferedProtocols?) Verdict(byte[] bytes)
    {
        var parse = Cuts.Run(ClientHelloReader.Read, bytes);
        return (parse.Status, parse.Value?.Offered);
    }
}
