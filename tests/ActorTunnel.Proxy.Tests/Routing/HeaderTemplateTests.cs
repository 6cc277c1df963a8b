using System.Net;
using ActorTunnel.Proxy.Routing;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Routing;

public sealed class HeaderTemplateTests
{
    private static readonly HeaderTemplateConstants Constants = new(
        "node-1",
        name => name switch
        {
            "ORIGIN" => "www.example.com:443",
            "EMPTY" => "",
            "LINES" => "a\nb",
            _ => null,
        });

    private static readonly HeaderTemplateContext Connection = new()
    {
        DownstreamLocal = IPEndPoint.Parse("192.0.2.1:10000"),
        DownstreamRemote = IPEndPoint.Parse("[2001:db8::7]:54321"),
        RequestedServerName = "host.example",
        OriginalDestination = IPEndPoint.Parse("198.51.100.2:443"),
        ConnectionId = "tunnel-in/connection-17",
        StartTime = new DateTimeOffset(2024, 3, 1, 1, 2, 3, 4, TimeSpan.FromHours(2)),
    };

    [Theory]
    [InlineData("", "")]
    [InlineData("host.com:443", "host.com:443")]
    [InlineData("%%", "%")]
    [InlineData("a%%b%%%%c", "a%b%%c")]
    [InlineData("%DOWNSTREAM_LOCAL_ADDRESS%", "192.0.2.1:10000")]
    [InlineData("%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "192.0.2.1")]
    [InlineData("%DOWNSTREAM_LOCAL_PORT%", "10000")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS%", "[2001:db8::7]:54321")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "2001:db8::7")]
    [InlineData("%DOWNSTREAM_REMOTE_PORT%", "54321")]
    [InlineData("%REQUESTED_SERVER_NAME%", "host.example")]
    [InlineData("%ORIGINAL_DST%", "198.51.100.2:443")]
    [InlineData("%CONNECTION_ID%", "tunnel-in/connection-17")]
    [InlineData("%START_TIME%", "2024-02-29T23:02:03.004Z")]
    [InlineData("%HOSTNAME%", "node-1")]
    [InlineData("%ENVIRONMENT(ORIGIN)%", "www.example.com:443")]
    [InlineData("a%ENVIRONMENT(EMPTY)%b", "ab")]
    [InlineData("%REQUESTED_SERVER_NAME%:%DOWNSTREAM_LOCAL_PORT%", "host.example:10000")]
    [InlineData("port %DOWNSTREAM_LOCAL_PORT% of %HOSTNAME%, 100%%", "port 10000 of node-1, 100%")]
    [InlineData("%%%DOWNSTREAM_LOCAL_PORT%%%", "%10000%")]
    public void Operators_are_replaced_and_the_rest_stays(string text, string expected)
    {
        Assert.True(Parse(text).TryRenderValue(Connection, out var value, out var failure), failure?.ToString());
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("%", HeaderTemplateMistakeKind.Unbalanced, 0, "")]
    [InlineData("100%", HeaderTemplateMistakeKind.Unbalanced, 3, "")]
    [InlineData("%%%", HeaderTemplateMistakeKind.Unbalanced, 2, "")]
    [InlineData("%HOSTNAME", HeaderTemplateMistakeKind.Unbalanced, 0, "")]
    [InlineData("%HOSTNAME%%", HeaderTemplateMistakeKind.Unbalanced, 10, "")]
    [InlineData("a%DOWNSTREAM_LOCAL_PROT%", HeaderTemplateMistakeKind.UnknownOperator, 1, "DOWNSTREAM_LOCAL_PROT")]
    [InlineData("%hostname%", HeaderTemplateMistakeKind.UnknownOperator, 0, "hostname")]
    [InlineData("% HOSTNAME %", HeaderTemplateMistakeKind.UnknownOperator, 0, " HOSTNAME ")]
    [InlineData("%PROTOCOL(x)%", HeaderTemplateMistakeKind.UnknownOperator, 0, "PROTOCOL")]
    [InlineData("%START_TIME(x%", HeaderTemplateMistakeKind.UnknownOperator, 0, "START_TIME(x")]
    [InlineData("%START_TIME(%s)%", HeaderTemplateMistakeKind.UnknownOperator, 0, "START_TIME(")]
    [InlineData("%ENVIRONMENT%", HeaderTemplateMistakeKind.MissingArgument, 0, "ENVIRONMENT")]
    [InlineData("%ENVIRONMENT()%", HeaderTemplateMistakeKind.MissingArgument, 0, "ENVIRONMENT")]
    [InlineData("%ENVIRONMENT(NONE)%", HeaderTemplateMistakeKind.UnsetVariable, 0, "NONE")]
    [InlineData("%HOSTNAME(x)%", HeaderTemplateMistakeKind.UnexpectedArgument, 0, "HOSTNAME")]
    [InlineData("%DOWNSTREAM_LOCAL_PORT()%", HeaderTemplateMistakeKind.UnexpectedArgument, 0, "DOWNSTREAM_LOCAL_PORT")]
    [InlineData("a\nb", HeaderTemplateMistakeKind.InvalidCharacter, 0, "")]
    [InlineData("%HOSTNAME%\u00E9", HeaderTemplateMistakeKind.InvalidCharacter, 10, "")]
    [InlineData("a%ENVIRONMENT(LINES)%", HeaderTemplateMistakeKind.InvalidCharacter, 1, "")]
    public void A_mistake_is_told_with_its_place(string text, HeaderTemplateMistakeKind kind, int position, string name)
    {
        Assert.False(HeaderTemplate.TryParse(text, Constants, out var template, out var mistakes));
        Assert.Null(template);
        var first = mistakes[0];
        Assert.Equal(new HeaderTemplateMistake(kind, position, name), first);
        Assert.DoesNotContain('\n', first.ToString());
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        Assert.False(HeaderTemplate.TryParse("%A%%ENVIRONMENT%%HOSTNAME%%", Constants, out _, out var mistakes));
        Assert.Equal(
            [HeaderTemplateMistakeKind.UnknownOperator, HeaderTemplateMistakeKind.MissingArgument, HeaderTemplateMistakeKind.Unbalanced],
            mistakes.Select(mistake => mistake.Kind));
    }

    [Fact]
    public void Every_listed_name_is_an_operator()
    {
        Assert.Equal(12, HeaderTemplate.OperatorNames.Count);
        Assert.All(HeaderTemplate.OperatorNames, name => Parse(name == "ENVIRONMENT" ? "%ENVIRONMENT(ORIGIN)%" : $"%{name}%"));
    }

    [Theory]
    [InlineData("host.com:443", HeaderTemplateNeeds.None)]
    [InlineData("%DOWNSTREAM_LOCAL_PORT%", HeaderTemplateNeeds.None)]
    [InlineData("%REQUESTED_SERVER_NAME%:443", HeaderTemplateNeeds.ServerName)]
    [InlineData("%ORIGINAL_DST%", HeaderTemplateNeeds.OriginalDestination)]
    [InlineData("%ORIGINAL_DST% %REQUESTED_SERVER_NAME%", HeaderTemplateNeeds.OriginalDestination | HeaderTemplateNeeds.ServerName)]
    public void A_template_says_what_it_needs(string text, HeaderTemplateNeeds needs) => Assert.Equal(needs, Parse(text).Needs);

    [Theory]
    [InlineData("host.com:443", true)]
    [InlineData("100%%", true)]
    [InlineData("%HOSTNAME%:%ENVIRONMENT(ORIGIN)%", true)]
    [InlineData("", true)]
    [InlineData("%CONNECTION_ID%", false)]
    [InlineData("a%DOWNSTREAM_LOCAL_PORT%", false)]
    public void A_template_says_whether_it_is_the_same_for_all(string text, bool literal) => Assert.Equal(literal, Parse(text).IsLiteral);

    [Theory]
    [InlineData("a %DOWNSTREAM_LOCAL_ADDRESS%", HeaderOperator.DownstreamLocalAddress)]
    [InlineData("%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", HeaderOperator.DownstreamLocalAddressWithoutPort)]
    [InlineData("%DOWNSTREAM_LOCAL_PORT%", HeaderOperator.DownstreamLocalPort)]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS%", HeaderOperator.DownstreamRemoteAddress)]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", HeaderOperator.DownstreamRemoteAddressWithoutPort)]
    [InlineData("%DOWNSTREAM_REMOTE_PORT%", HeaderOperator.DownstreamRemotePort)]
    [InlineData("%START_TIME%%REQUESTED_SERVER_NAME%:443", HeaderOperator.RequestedServerName)]
    [InlineData("%ORIGINAL_DST%", HeaderOperator.OriginalDestination)]
    [InlineData("%CONNECTION_ID%", HeaderOperator.ConnectionId)]
    public void What_the_connection_does_not_have_is_named(string text, HeaderOperator missing)
    {
        var template = Parse(text);
        Assert.False(template.TryRenderValue(default, out var value, out var failure));
        Assert.Null(value);
        Assert.Equal(new HeaderTemplateFailure.Missing(missing), failure);
        Assert.False(template.TryRenderAuthority(default, out var authority, out failure));
        Assert.Null(authority);
        Assert.Equal(new HeaderTemplateFailure.Missing(missing), failure);
    }

    [Fact]
    public void An_empty_server_name_is_none()
    {
        Assert.False(Parse("%REQUESTED_SERVER_NAME%").TryRenderValue(Connection with { RequestedServerName = "" }, out _, out var failure));
        Assert.Equal(new HeaderTemplateFailure.Missing(HeaderOperator.RequestedServerName), failure);
    }

    [Theory]
    [InlineData("host.com:443", "host.com", 443)]
    [InlineData("%REQUESTED_SERVER_NAME%:443", "host.example", 443)]
    [InlineData("%ORIGINAL_DST%", "198.51.100.2", 443)]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS%", "2001:db8::7", 54321)]
    [InlineData("%ENVIRONMENT(ORIGIN)%", "www.example.com", 443)]
    public void An_authority_is_rendered_in_normal_form(string text, string host, int port)
    {
        Assert.True(Parse(text).TryRenderAuthority(Connection, out var authority, out var failure), failure?.ToString());
        Assert.Equal(new Authority(host, port), authority);
    }

    [Theory]
    [InlineData("host.com")]
    [InlineData("%REQUESTED_SERVER_NAME%")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%:443")]
    [InlineData("%CONNECTION_ID%:443")]
    [InlineData("")]
    public void A_text_that_is_no_authority_is_not_sent_as_one(string text)
    {
        Assert.False(Parse(text).TryRenderAuthority(Connection, out var authority, out var failure));
        Assert.Null(authority);
        Assert.IsType<HeaderTemplateFailure.Unfit>(failure);
    }

    [Theory]
    [InlineData("a\r\nb")]
    [InlineData("a\u00E9")]
    [InlineData(" a")]
    public void A_text_that_is_no_field_value_is_not_sent_as_one(string serverName)
    {
        var connection = Connection with { RequestedServerName = serverName };
        Assert.False(Parse("%REQUESTED_SERVER_NAME%").TryRenderValue(connection, out var value, out var failure));
        Assert.Null(value);
        Assert.IsType<HeaderTemplateFailure.Unfit>(failure);
        Assert.False(Parse("%REQUESTED_SERVER_NAME%:1").TryRenderAuthority(connection, out _, out failure));
        Assert.IsType<HeaderTemplateFailure.Unfit>(failure);
    }

    [Fact]
    public void A_literal_that_begins_with_a_blank_is_no_field_value() =>
        Assert.False(Parse(" a").TryRenderValue(Connection, out _, out _));

    [Theory]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1:443")]
    [InlineData("fe80::1%3", "[fe80::1]:443")]
    public void One_address_has_one_form(string address, string expected)
    {
        var connection = Connection with { OriginalDestination = new IPEndPoint(IPAddress.Parse(address), 443) };
        Assert.True(Parse("%ORIGINAL_DST%").TryRenderValue(connection, out var value, out _));
        Assert.Equal(expected, value);
        Assert.True(Parse("%ORIGINAL_DST%").TryRenderAuthority(connection, out _, out _));
    }

    [Fact]
    public void A_literal_is_rendered_without_allocation()
    {
        var template = Parse("host.com:443");
        Render(template); // The first call compiles.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Render(template);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Render(HeaderTemplate template)
        {
            template.TryRenderValue(Connection, out _, out _);
            template.TryRenderAuthority(Connection, out _, out _);
        }
    }

    [Fact]
    public void Any_text_is_a_template_or_a_mistake_and_an_escaped_text_is_itself()
    {
        Gen.Char["%%%%HOSTNAME_ENVIR(O)xé\n"].Array[0, 40].Sample(
            characters =>
            {
                var text = new string(characters);
                Assert.Equal(
                    HeaderTemplate.TryParse(text, Constants, out _, out var mistakes), mistakes.IsEmpty);
                Assert.All(mistakes, mistake => Assert.InRange(mistake.Position, 0, text.Length - 1));
            },
            iter: 5_000);
        Gen.Char[' ', '~'].Array[0, 40].Sample(
            characters =>
            {
                var text = $"x{new string(characters)}x";
                Assert.True(Parse(text.Replace("%", "%%", StringComparison.Ordinal)).TryRenderValue(default, out var value, out _));
                Assert.Equal(text, value);
            },
            iter: 2_000);
    }

    private static HeaderTemplate Parse(string text)
    {
        Assert.True(HeaderTemplate.TryParse(text, Constants, out var template, out var mistakes), string.Join(", ", mistakes));
        return template;
    }
}
