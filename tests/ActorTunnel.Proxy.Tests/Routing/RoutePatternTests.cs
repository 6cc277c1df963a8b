using ActorTunnel.Proxy.Routing;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Routing;

public sealed class RoutePatternTests
{
    [Theory]
    [InlineData("*", RoutePatternKind.Any, "", null, "*")]
    [InlineData("*:443", RoutePatternKind.Any, "", 443, "*:443")]
    [InlineData("Host.Com", RoutePatternKind.Exact, "host.com", null, "host.com")]
    [InlineData("host.com:443", RoutePatternKind.Exact, "host.com", 443, "host.com:443")]
    [InlineData("*.Host.Com", RoutePatternKind.Suffix, "host.com", null, "*.host.com")]
    [InlineData("*.com:80", RoutePatternKind.Suffix, "com", 80, "*.com:80")]
    [InlineData("10.0.0.1", RoutePatternKind.Exact, "10.0.0.1", null, "10.0.0.1")]
    [InlineData("10.0.0.1:80", RoutePatternKind.Exact, "10.0.0.1", 80, "10.0.0.1:80")]
    [InlineData("[2001:DB8::0:1]", RoutePatternKind.Exact, "2001:db8::1", null, "[2001:db8::1]")]
    [InlineData("[::1]:80", RoutePatternKind.Exact, "::1", 80, "[::1]:80")]
    public void A_pattern_is_read_and_printed_in_normal_form(string text, RoutePatternKind kind, string host, int? port, string printed)
    {
        Assert.True(RoutePattern.TryParse(text, out var pattern, out var problem), problem);
        Assert.Equal(new RoutePattern(kind, host, port), pattern);
        Assert.Equal(printed, pattern.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":443")]
    [InlineData("*:")]
    [InlineData("*:0")]
    [InlineData("*:65536")]
    [InlineData("*:*")]
    [InlineData("host.com:")]
    [InlineData("host.com:1:2")]
    [InlineData("**")]
    [InlineData("*.")]
    [InlineData("*.*")]
    [InlineData("*.*.com")]
    [InlineData("*host.com")]
    [InlineData("a.*.com")]
    [InlineData("host.*")]
    [InlineData(".host.com")]
    [InlineData("*..com")]
    [InlineData("*.0.0.1")]
    [InlineData("*.10.0.0.1")]
    [InlineData("*.[::1]")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("[::1]x")]
    [InlineData("[[::1]]")]
    [InlineData("[::1.2.3.04]")]
    [InlineData("[::1%1]")]
    [InlineData("127.1")]
    [InlineData("host.com.")]
    [InlineData("user@host.com")]
    [InlineData("host.com/")]
    [InlineData(" host.com")]
    public void A_text_that_is_no_pattern_is_refused_with_a_reason(string text)
    {
        Assert.False(RoutePattern.TryParse(text, out var pattern, out var problem));
        Assert.Null(pattern);
        Assert.NotEmpty(problem);
    }
}
