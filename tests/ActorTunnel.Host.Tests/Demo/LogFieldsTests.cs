using System.Net;
using ActorTunnel.Host.Demo;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using CsCheck;
using Xunit;

namespace ActorTunnel.Host.Tests.Demo;

public sealed class LogFieldsTests
{
    [Fact]
    public void Plain_quoted_and_missing_values_are_told_apart()
    {
        Assert.True(LogFields.TryParse("""a=1 b=- c="-" d="" e="x \"y\" \\ =\u00e9\u000a" f=[::1]:443""", out var fields));

        Assert.Equal("1", fields["a"]);
        Assert.Null(fields["b"]);
        Assert.Equal("-", fields["c"]);
        Assert.Equal("", fields["d"]);
        Assert.Equal("x \"y\" \\ =é\n", fields["e"]);
        Assert.Equal("[::1]:443", fields["f"]);
        Assert.Null(fields["g"]);
        Assert.Equal((1, null, null), (fields.Number("a"), fields.Number("b"), fields.Number("f")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("=1")]
    [InlineData("a=")]
    [InlineData("a=1 ")]
    [InlineData("a=1  b=2")]
    [InlineData("a=1 a=2")]
    [InlineData("a b=1")]
    [InlineData("a=1\"2")]
    [InlineData("a=\"1")]
    [InlineData("a=\"1\"b=2")]
    [InlineData("a=\"\\x\"")]
    [InlineData("a=\"\\u12\"")]
    [InlineData("a=\"\\u12g4\"")]
    public void What_no_log_line_looks_like_is_refused(string text)
    {
        Assert.False(LogFields.TryParse(text, out var fields));
        Assert.Null(fields);
    }

    [Fact]
    public void Whatever_a_peer_sent_as_authority_comes_back_from_an_access_log_line()
    {
        Gen.String[0, 100].Sample(authority =>
        {
            var line = new AccessLogEntry
            {
                Time = DateTimeOffset.UnixEpoch,
                Listener = "in",
                DownstreamRemote = new IPEndPoint(IPAddress.IPv6Loopback, 1),
                DownstreamLocal = null,
                Authority = authority,
                Duration = TimeSpan.FromMilliseconds(5),
                UpstreamEnd = TunnelEnd.Clean(GuiltySide.Downstream),
                DownstreamEnd = TunnelEnd.Clean(GuiltySide.Upstream),
            }.ToLine();

            Assert.True(LogFields.TryParse(line, out var fields));
            Assert.Equal(authority, fields["authority"]);
            Assert.Equal("[::1]:1", fields["downstream"]);
            Assert.Equal("clean/upstream", fields["downstream-end"]);
        });
    }
}
