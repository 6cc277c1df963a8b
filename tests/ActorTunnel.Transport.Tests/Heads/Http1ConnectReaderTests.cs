using System.Text;
using ActorTunnel.Transport.Heads;
using CsCheck;
using Xunit;

namespace ActorTunnel.Transport.Tests.Heads;

public sealed class Http1ConnectReaderTests
{
    private const string Good = "CONNECT host.example:443 HTTP/1.1\r\nHost: host.example:443\r\nUser-Agent: x\r\n\r\n";

    [Theory]
    [InlineData("CONNECT host.example:443 HTTP/1.1\r\nHost: host.example:443\r\n\r\n", "host.example:443")]
    [InlineData("CONNECT host.example:443 HTTP/1.1\r\nHOST:HOST.example:443\r\nProxy-Connection: Keep-Alive\r\n\r\n", "host.example:443")]
    [InlineData("CONNECT host.example:443 HTTP/1.1\r\nhost: \t host.example \t\r\nX:\r\n\r\n", "host.example:443")]
    [InlineData("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n", "[::1]:443")]
    [InlineData("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]\r\n\r\n", "[::1]:443")]
    [InlineData("CONNECT host.example:443 HTTP/1.0\r\n\r\n", "host.example:443")]
    [InlineData("CONNECT host.example:443 HTTP/1.0\r\nHost: host.example:443\r\n\r\n", "host.example:443")]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nX-Latin: caf\u00E9\tb\r\n\r\n", "a:1")]
    public void A_connect_gives_its_target(string text, string authority)
    {
        var parse = Run(text);
        Assert.Equal(HeadStatus.Complete, parse.Status);
        Assert.Equal(new Http1Request.Connect(authority), parse.Value);
        Assert.Equal(text.Length, parse.Consumed);
    }

    [Fact]
    public void Bytes_after_the_head_are_left()
    {
        var parse = Run(Good + "\u0016\u0003\u0001");
        Assert.Equal(new Http1Request.Connect("host.example:443"), parse.Value);
        Assert.Equal(Good.Length, parse.Consumed);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\n\r\n")]
    [InlineData("connect a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")]
    public void Another_method_is_405(string text) => AssertRefused(405, text);

    [Theory]
    [InlineData("CONNECT a:1 HTTP/1.2\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/2.0\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/0.9\r\n\r\n")]
    [InlineData("GET / HTTP/3.0\r\n\r\n")]
    public void Another_version_is_505(string text) => AssertRefused(505, text);

    [Theory]
    [InlineData("CONNECT a:1\r\n\r\n")]
    [InlineData("CONNECT\r\n\r\n")]
    [InlineData("CONNECT  a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1  HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/1.1 \r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 b HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT\ta:1\tHTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a\u00E9:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a\0:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT  HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONN:ECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 http/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/1\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/1.10\r\nHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTPS/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData(" CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    [InlineData("\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")]
    public void A_request_line_of_another_shape_is_400(string text) => AssertRefused(400, text);

    [Theory]
    [InlineData("CONNECT a:1 HTTP/1.1\nHost: a:1\n\n")]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/1.1\rHost: a:1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\n")]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\rX")]
    public void A_line_end_other_than_CRLF_is_400(string text) => AssertRefused(400, text);

    [Theory]
    [InlineData("Host : a:1\r\n")]
    [InlineData("Host\t: a:1\r\n")]
    [InlineData("Host: a:1\r\nX: a\r\n b\r\n")]
    [InlineData("Host: a:1\r\nX: a\r\n\tb\r\n")]
    [InlineData(" Host: a:1\r\n")]
    [InlineData("Host: a:1\r\nX\r\n")]
    [InlineData("Host: a:1\r\n: x\r\n")]
    [InlineData("Host: a:1\r\nX(: x\r\n")]
    [InlineData("Host: a:1\r\nX\u00E9: x\r\n")]
    [InlineData("Host: a:1\r\nX: a\0b\r\n")]
    [InlineData("Host: a:1\r\nX: a\u007Fb\r\n")]
    [InlineData("Host: a:1\r\nX: a\u001Bb\r\n")]
    public void A_malformed_field_is_400(string fields) => AssertRefused(400, $"CONNECT a:1 HTTP/1.1\r\n{fields}\r\n");

    [Theory]
    [InlineData("")]
    [InlineData("Host:\r\n")]
    [InlineData("Host: b:1\r\n")]
    [InlineData("Host: a:2\r\n")]
    [InlineData("Host: a:\r\n")]
    [InlineData("Host: a:1, a:1\r\n")]
    [InlineData("Host: a:1\r\nHost: a:1\r\n")]
    [InlineData("Host: u@a:1\r\n")]
    public void A_host_that_is_missing_or_other_than_the_target_is_400(string fields) =>
        AssertRefused(400, $"CONNECT a:1 HTTP/1.1\r\n{fields}\r\n");

    [Theory]
    [InlineData("Host: b:1\r\n")]
    [InlineData("Host: a:1\r\nHost: a:1\r\n")]
    public void An_old_client_may_leave_host_out_but_not_send_another_one(string fields) =>
        AssertRefused(400, $"CONNECT a:1 HTTP/1.0\r\n{fields}\r\n");

    [Theory]
    [InlineData("Content-Length: 0")]
    [InlineData("content-length: 5")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("TRANSFER-ENCODING:")]
    public void A_connect_that_frames_content_is_400(string field) =>
        AssertRefused(400, $"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n{field}\r\n\r\n");

    [Theory]
    [InlineData("\u0016\u0003\u0001\u0002", 1)]
    [InlineData("\0\0\0", 1)]
    [InlineData("\u00FFabc", 1)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 16)]
    public void What_is_no_HTTP_1_gets_no_answer(string text, int decidedAt)
    {
        Assert.Equal(HeadStatus.Invalid, Run(text).Status);
        Assert.Equal(decidedAt, Cuts.DecidedAt(Http1ConnectReader.Read, Encoding.Latin1.GetBytes(text)));
    }

    [Fact]
    public void Sixty_four_fields_are_read_and_one_more_is_431()
    {
        var fields = string.Concat(Enumerable.Range(1, 63).Select(i => $"x-{i}: y\r\n"));
        var head = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n" + fields;
        Assert.Equal(new Http1Request.Connect("a:1"), Run(head + "\r\n").Value);
        AssertRefused(431, head + "x-64: y\r\n\r\n");
    }

    [Fact]
    public void A_head_of_16_KiB_is_read_and_one_byte_more_is_431()
    {
        const string Start = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nX: ";
        var padding = new string('x', Http1ConnectReader.MaxBytes - Start.Length - 4);
        var largest = Encoding.Latin1.GetBytes(Start + padding + "\r\n\r\n");
        Assert.Equal(new Http1Request.Connect("a:1"), Http1ConnectReader.Read(largest).Value);
        Assert.Equal(HeadStatus.Incomplete, Http1ConnectReader.Read(largest.AsSpan(0, largest.Length - 1)).Status);
        AssertStatus(431, Http1ConnectReader.Read(Encoding.Latin1.GetBytes(Start + padding + "x\r\n\r\n")));
    }

    [Fact]
    public void A_request_line_without_an_end_is_414()
    {
        var endless = Encoding.Latin1.GetBytes("CONNECT " + new string('a', 20_000));
        Assert.Equal(HeadStatus.Incomplete, Http1ConnectReader.Read(endless.AsSpan(0, Http1ConnectReader.MaxBytes - 1)).Status);
        AssertStatus(414, Http1ConnectReader.Read(endless));
    }

    [Fact]
    public void No_input_throws_or_changes_a_verdict()
    {
        Cuts.CheckRandom(Http1ConnectReader.Read, Encoding.Latin1.GetBytes(Good + "rest"));
        Gen.Char["CONET host:1/.\r\n\t\0"].Array[0, 80].Sample(text => Run(new string(text)), iter: 2_000);
    }

    private static HeadParse<Http1Request> Run(string text) => Cuts.Run(Http1ConnectReader.Read, Encoding.Latin1.GetBytes(text));

    private static void AssertRefused(int status, string text) => AssertStatus(status, Run(text));

    private static void AssertStatus(int status, HeadParse<Http1Request> parse)
    {
        Assert.Equal(HeadStatus.Complete, parse.Status);
        Assert.Equal(status, Assert.IsType<Http1Request.Refused>(parse.Value).Status);
    }
}
