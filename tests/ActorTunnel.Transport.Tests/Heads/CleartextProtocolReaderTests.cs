using System.Text;
using ActorTunnel.Transport.Heads;
using Xunit;

namespace ActorTunnel.Transport.Tests.Heads;

public sealed class CleartextProtocolReaderTests
{
    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", CleartextProtocol.Http2, 4)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\n", CleartextProtocol.Http1, 1)]
    [InlineData("POST / HTTP/1.1\r\n", CleartextProtocol.Http1, 2)]
    [InlineData("PROPFIND / HTTP/1.1\r\n", CleartextProtocol.Http1, 3)]
    [InlineData("PRINT / HTTP/1.1\r\n", CleartextProtocol.Http1, 4)]
    [InlineData("\r\n", CleartextProtocol.Http1, 1)]
    [InlineData(" CONNECT", CleartextProtocol.Http1, 1)]
    [InlineData("\u0016\u0003\u0001", CleartextProtocol.Tls, 1)]
    public void The_first_bytes_tell_the_protocol(string text, CleartextProtocol protocol, int decidedAt)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var parse = Cuts.Run(CleartextProtocolReader.Read, bytes);
        Assert.Equal(HeadStatus.Complete, parse.Status);
        Assert.Equal(protocol, parse.Value);
        Assert.Equal(0, parse.Consumed);
        Assert.Equal(decidedAt, Cuts.DecidedAt(CleartextProtocolReader.Read, bytes));
    }

    [Theory]
    [InlineData("\0")]
    [InlineData("\u00FF")]
    public void What_begins_neither_is_refused(string text) =>
        Assert.Equal(HeadStatus.Invalid, Cuts.Run(CleartextProtocolReader.Read, Encoding.Latin1.GetBytes(text)).Status);

    [Fact]
    public void No_input_throws_or_changes_a_verdict() =>
        Cuts.CheckRandom(CleartextProtocolReader.Read, "PRI * HTTP/2.0\r\n"u8.ToArray());
}
