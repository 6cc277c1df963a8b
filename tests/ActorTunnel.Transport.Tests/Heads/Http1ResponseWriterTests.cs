using System.Text;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Transport.Heads;
using Xunit;

namespace ActorTunnel.Transport.Tests.Heads;

public sealed class Http1ResponseWriterTests
{
    [Fact]
    public void The_answer_that_opens_a_tunnel_has_no_fields() =>
        Assert.Equal("HTTP/1.1 200 OK\r\n\r\n", Encoding.ASCII.GetString(Http1ResponseWriter.Established.Span));

    [Fact]
    public void A_failure_has_its_fields_no_content_and_ends_the_connection() => Assert.Equal(
        "HTTP/1.1 502 Bad Gateway\r\nproxy-status: node; error=dns_error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        Failure([new(":status", "502"), new("proxy-status", "node; error=dns_error")]));

    [Fact]
    public void A_body_is_counted_and_follows_the_head() => Assert.Equal(
        "HTTP/1.1 405 Method Not Allowed\r\nallow: CONNECT\r\ncontent-length: 3\r\nconnection: close\r\n\r\nNo\n",
        Failure([new(":status", "405"), new("allow", "CONNECT")], "No\n"));

    [Fact]
    public void A_status_without_a_phrase_keeps_its_blank() =>
        Assert.StartsWith("HTTP/1.1 599 \r\n", Failure([new(":status", "599")]), StringComparison.Ordinal);

    [Fact]
    public void No_value_can_begin_a_line_of_its_own() => Assert.Equal(
        "HTTP/1.1 502 Bad Gateway\r\nproxy-status: a  x: y b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        Failure([new(":status", "502"), new("proxy-status", "a\r\nx: y\0b")]));

    [Theory]
    [InlineData(":status", "200")]
    [InlineData(":status", "5020")]
    [InlineData(":status", "50x")]
    [InlineData("status", "502")]
    public void What_is_no_failure_is_a_mistake_of_the_caller(string name, string value) =>
        Assert.Throws<ArgumentException>(() => Failure([new(name, value)]));

    [Fact]
    public void A_name_that_is_no_token_is_a_mistake_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => Failure([new(":status", "502"), new("a b", "c")]));

    private static string Failure(HeaderField[] fields, string body = "") =>
        Encoding.Latin1.GetString(Http1ResponseWriter.Failure(fields, body).Span);
}
