using ActorTunnel.Http2.Hpack;
using ActorTunnel.Proxy.Tunnels;
using CsCheck;
using Xunit;

namespace ActorTunnel.Proxy.Tests.Tunnels;

public sealed class ProxyStatusFieldTests
{
    [Theory]
    [InlineData("far; error=destination_unavailable", "destination_unavailable")]
    [InlineData("far;error=destination_unavailable;details=\"a, b; error=dns_error \\\" \\\\\"", "destination_unavailable")]
    [InlineData("\"far, away\"; next-hop=\"10.0.0.1:80\"; error=connection_limit_reached", "connection_limit_reached")]
    [InlineData("origin-side; error=dns_error, far; error=destination_unavailable", "destination_unavailable")]
    [InlineData("far; error=dns_error; error=destination_unavailable", "destination_unavailable")]
    [InlineData("far;  received-status=503; x; y=?1; z=:YWJj:; n=-1.5; error=proxy_internal_error  ", "proxy_internal_error")]
    [InlineData("origin-side; error=destination_unavailable, far; received-status=503", null)]
    [InlineData("far", null)]
    [InlineData("", null)]
    [InlineData("far; error=", null)]
    [InlineData("far; error=destination_unavailable,", null)]
    [InlineData("far; error=destination_unavailable; details=\"open", null)]
    [InlineData("far; error=destination_unavailable destination", null)]
    [InlineData("far; Error=destination_unavailable", null)]
    [InlineData("; error=destination_unavailable", null)]
    [InlineData("far; error=\"destination_unavailable\"", "\"destination_unavailable\"")] // A string is no token, and so no error that anybody knows.
    public void The_error_of_the_nearest_intermediary_is_read(string field, string? expected)
    {
        Assert.Equal(expected, ProxyStatusField.ErrorOfNearest([new HeaderField(":status", "503"), new HeaderField("proxy-status", field)]));
    }

    [Fact]
    public void Field_lines_are_one_list()
    {
        Assert.Equal(
            "destination_unavailable",
            ProxyStatusField.ErrorOfNearest(
                [new HeaderField("proxy-status", "a; error=dns_error"), new HeaderField("proxy-status", "b; error=destination_unavailable")]));
    }

    [Fact]
    public void Without_the_field_there_is_no_error()
    {
        Assert.Null(ProxyStatusField.ErrorOfNearest([new HeaderField(":status", "503"), new HeaderField("server", "far; error=dns_error")]));
    }

    [Fact]
    public void What_this_program_writes_it_reads_whatever_the_detail()
    {
        Gen.String.Sample(detail =>
        {
            var failure = ConnectFailure.Overloaded(detail);

            Assert.Equal(failure.ProxyStatusType, ProxyStatusField.ErrorOfNearest(failure.ToResponseFields("node-1")));
        });
    }

    [Fact]
    public void No_text_breaks_the_reader()
    {
        Gen.String[Gen.Char["ab;=,\"\\ ?:()\t*1"], 0, 40].Sample(text => ProxyStatusField.ErrorOfNearest([new HeaderField("proxy-status", text)]));
    }
}
