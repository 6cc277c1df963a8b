using System.Net.Sockets;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Sockets;

namespace ActorTunnel.Proxy.Connections;

/// <summary>What the first bytes of a connection say.</summary>
internal abstract record PeekResult
{
    /// <summary>Which protocol is to be served. Where the client speaks none of ours, it is HTTP/2's to say so.</summary>
    public sealed record Speaks(ClientProtocol Protocol) : PeekResult;

    /// <summary>It ended or was silent; there is nobody to serve.</summary>
    public sealed record Nothing(string Why) : PeekResult;
}

/// <summary>
/// Looks, without consuming anything, whether a client speaks HTTP/2 or HTTP/1.1: with TLS at what its hello offers by ALPN, where HTTP/2 is preferred and
/// nothing at all means HTTP/1.1, as it does everywhere; in cleartext at whether it begins with HTTP/2's preface. So the protocol is known before its stages are put together, and a silent client holds no buffer.
/// </summary>
internal static class ProtocolPeek
{
    /// <summary>Enough to tell them apart; what comes with it is read at once and stays in the connection.</summary>
    private const int CleartextBytes = Http1ConnectReader.MaxBytes;

    /// <param name="connection">Stays the caller's.</param>
    /// <param name="listener">Which accepted it.</param>
    /// <param name="node">The node.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static Task<PeekResult> ReadAsync(
        TcpConnection connection, ConnectListenerSettings listener, NodeContext node, CancellationToken cancellation) => listener.Tls is null
        ? ReadAsync<CleartextProtocol>(CleartextProtocolReader.Read, CleartextBytes, Http11Of, connection, listener, node, cancellation)
        : ReadAsync<ClientHello>(ClientHelloReader.Read, ClientHelloReader.MaxBytes, Http11Of, connection, listener, node, cancellation);

    private static bool Http11Of(CleartextProtocol protocol) => protocol == CleartextProtocol.Http1;

    private static bool Http11Of(ClientHello hello) => hello.Offered is null or OfferedProtocols.Http11;

    private static async Task<PeekResult> ReadAsync<T>(
        HeadParser<T> parser,
        int maxBytes,
        Func<T, bool> isHttp11,
        TcpConnection connection,
        ConnectListenerSettings listener,
        NodeContext node,
        CancellationToken cancellation)
        where T : notnull
    {
        var head = await connection.ReadHeadAsync(
            parser, new HeadLimits(maxBytes, listener.Http2.HandshakeTimeout), node.Environment.Pool, node.Time, cancellation).ConfigureAwait(false);
        return head switch
        {
            HeadResult<T>.Complete complete when isHttp11(complete.Value) => new PeekResult.Speaks(ClientProtocol.Http11),
            HeadResult<T>.TimedOut => new PeekResult.Nothing("the handshake took too long"),
            HeadResult<T>.Ended { Error: SocketError.Success } => new PeekResult.Nothing("the peer closed the connection"),
            HeadResult<T>.Ended ended => new PeekResult.Nothing($"the connection broke ({ended.Error})"),
            _ => new PeekResult.Speaks(ClientProtocol.Http2),
        };
    }
}
