using ActorTunnel.Proxy.Routing;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Routing;

public sealed class RequestedServerNameTests
{
    [Theory]
    [InlineData("www.example.com", "www.example.com")]
    [InlineData("WWW.Example.COM", "www.example.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    public void A_host_name_is_taken_in_lower_case(string text, string expected)
    {
        Assert.True(RequestedServerName.TryParse(text, out var name, out var problem), problem);
        Assert.Equal(expected, name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.1")]
    [InlineData("127.1")]
    [InlineData("0x7f000001")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("example.com.")]
    [InlineData("*.example.com")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    [InlineData("a\r\nb: c")]
    [InlineData("b\u00FCcher.example")]
    [InlineData("example.com:443")]
    [InlineData("user@example.com")]
    public void Anything_else_is_refused_with_a_problem_that_does_not_repeat_it(string text)
    {
        Assert.False(RequestedServerName.TryParse(text, out var name, out var problem));
        Assert.Null(name);
        Assert.True(text.Length == 0 || !problem.Contains(text, StringComparison.Ordinal));
    }
}
