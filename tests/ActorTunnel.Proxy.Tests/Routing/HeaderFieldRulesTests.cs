using ActorTunnel.Proxy.Routing;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Routing;

public sealed class HeaderFieldRulesTests
{
    [Theory]
    [InlineData("x-trace", "1")]
    [InlineData("proxy-authorization", "Basic dXNlcjpwYXNz")]
    [InlineData("x-empty", "")]
    [InlineData("x-inner", "a b\tc")]
    [InlineData("!#$%&'*+-.^_`|~09az", "v")]
    [InlineData("baggage", "k=\"v\",\\")]
    [InlineData("hostname", "a")]
    [InlineData("content-length-hint", "1")]
    public void A_literal_field_in_lower_case_is_allowed(string name, string value)
    {
        Assert.Null(HeaderFieldRules.ProblemOfName(name) ?? HeaderFieldRules.ProblemOfValue(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":authority")]
    [InlineData(":status")]
    [InlineData(":")]
    [InlineData("X-Trace")]
    [InlineData("x-tracE")]
    [InlineData("x trace")]
    [InlineData(" x")]
    [InlineData("x:")]
    [InlineData("x\r\ny")]
    [InlineData("x\0")]
    [InlineData("größe")]
    [InlineData("x(y)")]
    [InlineData("x/y")]
    [InlineData("connection")]
    [InlineData("keep-alive")]
    [InlineData("proxy-connection")]
    [InlineData("transfer-encoding")]
    [InlineData("upgrade")]
    [InlineData("te")]
    [InlineData("host")]
    [InlineData("content-length")]
    public void A_name_that_is_no_lower_case_token_or_belongs_to_the_proxy_is_refused(string name)
    {
        Assert.NotNull(HeaderFieldRules.ProblemOfName(name));
    }

    [Theory]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\r\nx-forged: 1")]
    [InlineData("a\0b")]
    [InlineData("a\u001bb")]
    [InlineData("a\u007fb")]
    [InlineData("é")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("\ta")]
    [InlineData("a\t")]
    [InlineData(" ")]
    public void A_value_with_controls_other_octets_or_white_space_at_its_ends_is_refused(string value)
    {
        Assert.NotNull(HeaderFieldRules.ProblemOfValue(value));
    }
}
