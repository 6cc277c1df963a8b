using System.Net;
using System.Net.Sockets;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Sockets;

namespace ActorTunnel.Proxy.Connections;

/// <summary>How the part of a connection before its tunnel or session ended.</summary>
internal abstract record PreludeResult
{
    /// <summary>What is known of the client. Who dialled whom is as a PROXY header says it, else the connection's own ends.</summary>
    /// <param name="Source">The client.</param>
    /// <param name="Destination">Whom the client dialled.</param>
    /// <param name="Authority">What an HTTP/1.1 CONNECT asked for, or null.</param>
    public sealed record Known(IPEndPoint? Source, IPEndPoint? Destination, Authority? Authority) : PreludeResult;

    /// <summary>There is no tunnel.</summary>
    /// <param name="Failure">Why.</param>
    /// <param name="CanAnswer">The client speaks HTTP/1.1 and is to be told; else the connection is to be reset.</param>
    public sealed record Refused(ConnectFailure Failure, bool CanAnswer) : PreludeResult;
}

/// <summary>
/// Reads what comes first on an accepted connection: 1. a PROXY header, where the listener takes one, 2. an HTTP/1.1 CONNECT, where it wants one. Within one
/// deadline for each.
/// </summary>
internal static class ConnectionPrelude
{
    /// <summary>Whether a connection of this listener has a prelude at all.</summary>
    public static bool IsNeeded(ListenerSettings listener) =>
        listener.ProxyProtocol != AcceptProxyProtocol.Off || listener is TunnelListenerSettings { Accept: TunnelAccept.HttpConnect };

    /// <summary>Reads it. The connection stays the caller's, and what came behind stays in it.</summary>
    public static async Task<PreludeResult> ReadAsync(
        TcpConnection connection, ListenerSettings listener, NodeContext node, CancellationToken cancellation)
    {
        var source = connection.Remote;
        var destination = connection.Local;
        if (listener.ProxyProtocol != AcceptProxyProtocol.Off)
        {
            var header = await connection.ReadHeadAsync(
                ParserOf(listener.ProxyProtocol),
                new HeadLimits(ProxyProtocolReader.MaxBytes, listener.PeekTimeout),
                node.Environment.Pool,
                node.Time,
                cancellation).ConfigureAwait(false);
            switch (header)
            {
                case HeadResult<OptionalProxyHeader>.Complete { Value.Header: { Source: not null } known }:
                    source = known.Source;
                    destination = known.Destination;
                    break;
                case HeadResult<OptionalProxyHeader>.Complete:
                    break; // No header, or one that does not know the client: the connection's own ends count.
                case HeadResult<OptionalProxyHeader>.TimedOut { Received: 0 } when listener.ProxyProtocol == AcceptProxyProtocol.Accept:
                    break; // A client that waits for the server to speak first sends none.
                case HeadResult<OptionalProxyHeader>.Ended { Error: SocketError.Success } when listener.ProxyProtocol == AcceptProxyProtocol.Accept:
                    break;
                default:
                    return Refuse("PROXY header", Describe(header), canAnswer: false);
            }
        }

        return listener is TunnelListenerSettings { Accept: TunnelAccept.HttpConnect }
            ? await ReadConnectAsync(connection, listener, node, source, destination, cancellation).ConfigureAwait(false)
            : new PreludeResult.Known(source, destination, null);
    }

    private static async Task<PreludeResult> ReadConnectAsync(
        TcpConnection connection,
        ListenerSettings listener,
        NodeContext node,
        IPEndPoint? source,
        IPEndPoint? destination,
        CancellationToken cancellation)
    {
        var head = await connection.ReadHeadAsync<Http1Request>(
            Http1ConnectReader.Read,
            new HeadLimits(Http1ConnectReader.MaxBytes, listener.PeekTimeout),
            node.Environment.Pool,
            node.Time,
            cancellation).ConfigureAwait(false);
        switch (head)
        {
            case HeadResult<Http1Request>.Complete { Value: Http1Request.Connect connect }:
                return Authority.TryParse(connect.Authority, out var authority, out var problem)
                    ? new PreludeResult.Known(source, destination, authority)
                    : new PreludeResult.Refused(ConnectFailure.BadAuthority(problem), CanAnswer: true);
            case HeadResult<Http1Request>.Complete { Value: Http1Request.Refused { Status: 405 } }:
                return new PreludeResult.Refused(ConnectFailure.MethodNotAllowed, CanAnswer: true);
            case HeadResult<Http1Request>.Complete { Value: Http1Request.Refused refused }:
                return new PreludeResult.Refused(
                    ConnectFailure.BadAuthority(refused.Detail) with { Status = refused.Status }, CanAnswer: true);
            default:
                return Refuse("HTTP/1.1 CONNECT", Describe(head), canAnswer: false);
        }
    }

    private static HeadParser<OptionalProxyHeader> ParserOf(AcceptProxyProtocol mode) => mode == AcceptProxyProtocol.Accept
        ? ProxyProtocolReader.ReadOptional
        : static bytes =>
        {
            var header = ProxyProtocolReader.Read(bytes);
            return header.Status switch
            {
                HeadStatus.Complete => HeadParse.Complete(new OptionalProxyHeader(header.Value), header.Consumed),
                HeadStatus.Invalid => HeadParse.Invalid<OptionalProxyHeader>(header.Reason!),
                _ => HeadParse.Incomplete<OptionalProxyHeader>(),
            };
        };

    private static PreludeResult.Refused Refuse(string what, string problem, bool canAnswer) =>
        new(ConnectFailure.BadAuthority($"{what}: {problem}"), canAnswer);

    private static string Describe<T>(HeadResult<T> result)
        where T : notnull => result switch
    {
        HeadResult<T>.Invalid invalid => invalid.Reason,
        HeadResult<T>.TimedOut => "not whole in time",
        HeadResult<T>.TooLarge => "too large",
        HeadResult<T>.Ended => "the connection ended before it was whole",
        _ => "it was not read",
    };
}
