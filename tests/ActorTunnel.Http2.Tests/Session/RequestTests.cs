using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>RFC 9113 §8.2, §8.3.1, §8.5 and RFC 8441 §4: what a server takes for a request.</summary>
public sealed class RequestTests
{
    private static readonly (string, string) Method = (":method", "CONNECT");
    private static readonly (string, string) Authority = (":authority", "host.com:443");

    /// <summary>Malformed CONNECTs, and some other malformed requests, each with what is wrong with it.</summary>
    public static TheoryData<string, (string, string)[]> Malformed => new()
    {
        { "nothing", [] },
        { "no method", [Authority] },
        { "no authority", [Method] },
        { "an empty method", [(":method", ""), Authority] },
        { "a lower-case connect without path", [(":method", "connect"), Authority] },
        { "a scheme", [Method, Authority, (":scheme", "https")] },
        { "a path", [Method, Authority, (":path", "/")] },
        { "scheme and path", [Method, (":scheme", "https"), Authority, (":path", "/")] },
        { "method twice", [Method, Method, Authority] },
        { "authority twice", [Method, Authority, Authority] },
        { "an empty scheme", [Method, Authority, (":scheme", "")] },
        { "status", [Method, Authority, (":status", "200")] },
        { "an unknown pseudo", [Method, Authority, (":origin", "x")] },
        { "a bare colon", [Method, Authority, (":", "x")] },
        { "an upper-case pseudo", [Method, (":Authority", "host.com:443")] },
        { "protocol unannounced", [Method, Authority, (":scheme", "https"), (":path", "/"), (":protocol", "websocket")] },
        { "pseudo after regular", [Method, ("a", "b"), Authority] },
        { "an upper-case name", [Method, Authority, ("X-Thing", "1")] },
        { "one upper-case letter", [Method, Authority, ("thinG", "1")] },
        { "an empty name", [Method, Authority, ("", "1")] },
        { "a space in a name", [Method, Authority, ("a b", "1")] },
        { "a tab in a name", [Method, Authority, ("a\tb", "1")] },
        { "a NUL in a name", [Method, Authority, ("a\0", "1")] },
        { "a CR in a name", [Method, Authority, ("a\r", "1")] },
        { "a DEL in a name", [Method, Authority, ("a\u007f", "1")] },
        { "a byte above ASCII in a name", [Method, Authority, ("caf\u00e9", "1")] },
        { "a colon inside a name", [Method, Authority, ("a:b", "1")] },
        { "a NUL in a value", [Method, Authority, ("a", "x\0y")] },
        { "a CR in a value", [Method, Authority, ("a", "x\ry")] },
        { "an LF in a value", [Method, Authority, ("a", "x\ny")] },
        { "a CRLF in an authority", [Method, (":authority", "host:1\r\nx: y")] },
        { "a space before a value", [Method, Authority, ("a", " x")] },
        { "a tab before a value", [Method, Authority, ("a", "\tx")] },
        { "a space after a value", [Method, Authority, ("a", "x ")] },
        { "a tab after a value", [Method, Authority, ("a", "x\t")] },
        { "a value of one space", [Method, Authority, ("a", " ")] },
        { "a space before an authority", [Method, (":authority", " host:443")] },
        { "connection", [Method, Authority, ("connection", "close")] },
        { "keep-alive", [Method, Authority, ("keep-alive", "5")] },
        { "proxy-connection", [Method, Authority, ("proxy-connection", "close")] },
        { "transfer-encoding", [Method, Authority, ("transfer-encoding", "chunked")] },
        { "upgrade", [Method, Authority, ("upgrade", "h2c")] },
        { "te gzip", [Method, Authority, ("te", "gzip")] },
        { "te trailers and more", [Method, Authority, ("te", "trailers, gzip")] },
        { "GET without path", [(":method", "GET"), (":scheme", "https"), Authority] },
        { "GET with an empty path", [(":method", "GET"), (":scheme", "https"), Authority, (":path", "")] },
        { "GET without scheme", [(":method", "GET"), Authority, (":path", "/")] },
        { "GET with protocol", [(":method", "GET"), (":scheme", "https"), Authority, (":path", "/"), (":protocol", "x")] },
    };

    public static TheoryData<string, (string, string)[]> WellFormed => new()
    {
        { "CONNECT", [Method, Authority] },
        { "authority first", [Authority, Method] },
        { "an authority that is for the caller to judge", [Method, (":authority", "")] },
        { "regular fields", [Method, Authority, ("host", "x"), ("te", "trailers"), ("a", ""), ("b!#$%&'*+-.^_`|~0", "x\ty \u00e9")] },
        { "content-length on CONNECT", [Method, Authority, ("content-length", "17")] },
        { "GET", [(":method", "GET"), (":scheme", "https"), Authority, (":path", "/")] },
        { "GET without authority", [(":method", "GET"), (":scheme", "https"), (":path", "/")] },
        { "OPTIONS", [(":method", "OPTIONS"), (":scheme", "http"), Authority, (":path", "*")] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_request_is_a_stream_error(string what, (string, string)[] fields)
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Headers(1, fields));

        network.ExpectReset(1, ErrorCode.ProtocolError);
        var rejected = network.ExpectEvent(SessionEventKind.StreamRejected);
        Assert.Equal((1, ErrorCode.ProtocolError), (rejected.StreamId, rejected.Code));
        Assert.False(string.IsNullOrEmpty(rejected.Detail), what);
        network.ExpectNoEvents();
        Assert.Equal(0, network.Session.OpenStreams);

        // Nothing else is harmed, and what follows on the stream is ignored.
        network.Send(Wire.Data(1, new byte[100]));
        network.Request(3);
        network.ExpectNoFrames();
    }

    [Theory]
    [MemberData(nameof(WellFormed))]
    public void A_well_formed_request_is_delivered(string what, (string, string)[] fields)
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Headers(1, fields, endStream: true));

        var e = network.ExpectEvent(SessionEventKind.HeadersReceived);
        Assert.True(e.EndStream, what);
        Assert.Equal(fields, e.Fields!.Select(f => (f.Name, f.Value)));
        network.ExpectNoFrames();
    }

    [Fact]
    public void There_are_at_least_forty_malformed_connects() =>
        Assert.True(Malformed.Count(row => ((ValueTuple<string, string>[])row[1]).Contains(Method)) >= 40);

    [Fact]
    public void Extended_connect_is_taken_where_it_was_announced()
    {
        using var network = Network.Connected(SessionRole.Server, new SessionSettings { EnableConnectProtocol = true });

        network.Send(Wire.Headers(1, [Method, Authority, (":scheme", "https"), (":path", "/"), (":protocol", "websocket")]));
        network.ExpectEvent(SessionEventKind.HeadersReceived);

        network.Send(Wire.Headers(3, [Method, Authority, (":protocol", "websocket")]));
        network.ExpectReset(3, ErrorCode.ProtocolError);
    }

    [Fact]
    public void A_header_list_over_the_limit_becomes_a_stream_that_can_be_answered()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Headers(1, [Method, Authority, ("a", new string('x', 17_000))]));

        var stream = network.ExpectEvent(SessionEventKind.HeaderListTooLarge).Stream!;
        network.Session.SendHeaders(stream, [new(":status", "431")], endStream: true);
        Assert.Equal("431", network.ExpectHeaders(1)[0].Value);
        network.Request(3);
    }

    [Fact]
    public void An_excessive_header_list_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server);

        // One long field in the table and a thousand references to it of one byte each.
        byte[] block = [0x40, 1, (byte)'a', 0x7f, 0xa1, 0x1e, .. new byte[4_000].Select(_ => (byte)'x'), .. Enumerable.Repeat((byte)0xbe, 1_000)];
        network.Send(Wire.Frame(FrameType.Headers, 4, 1, block));

        network.ExpectFailure(ErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public void A_block_that_cannot_be_decoded_ends_the_connection()
    {
        using var network = Network.Connected(SessionRole.Server);

        network.Send(Wire.Frame(FrameType.Headers, 4, 1, 0x80));

        network.ExpectFailure(ErrorCode.CompressionError);
    }

    [Fact]
    public void Headers_that_depend_on_themselves_are_a_stream_error_and_still_decoded()
    {
        using var network = Network.Connected(SessionRole.Server);
        byte[] indexed = [0x40, 1, (byte)'a', 1, (byte)'b'];

        network.Send(Wire.Frame(FrameType.Headers, 0x24, 1, [0, 0, 0, 1, 16, .. Wire.Block(Method, Authority), .. indexed]));
        network.ExpectReset(1, ErrorCode.ProtocolError);
        network.ExpectEvent(SessionEventKind.StreamRejected);

        network.Send(Wire.Frame(FrameType.Headers, 4, 3, [.. Wire.Block(Method, Authority), 0xbe]));
        Assert.Equal(("a", "b"), Last(network.ExpectEvent(SessionEventKind.HeadersReceived)));
    }

    [Fact]
    public void Trailers_on_a_tunnel_are_a_stream_error()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Tunnel(1);

        network.Send(Wire.Headers(1, [("a", "b")], endStream: true));

        network.ExpectStreamError(1, ErrorCode.ProtocolError);
    }

    [Fact]
    public void Trailers_of_another_request_end_it()
    {
        using var network = Network.Connected(SessionRole.Server);
        network.Send(Wire.Headers(1, [(":method", "POST"), (":scheme", "https"), (":path", "/")]));
        network.ExpectEvent(SessionEventKind.HeadersReceived);

        network.Send(Wire.Headers(1, [("a", "b")], endStream: true));

        var e = network.ExpectEvent(SessionEventKind.DataReceived);
        Assert.True(e.EndStream);
        Assert.True(e.Data.IsEmpty);
        network.ExpectNoFrames();
    }

    private static (string, string) Last(SessionEvent e) => (e.Fields![^1].Name, e.Fields[^1].Value);
}
