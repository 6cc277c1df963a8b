using System.Net.Sockets;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Sockets;

namespace ActorTunnel.Proxy.Connections;

/// <summary>
/// Finds out what has to be known of an application's connection before its CONNECT can be made: 1. a PROXY header, where the listener takes one; 2. where an
/// intercepted connection was going; 3. the authority of an HTTP/1.1 CONNECT, or 4. the server name of a TLS hello, which is left where it is. Each read has
/// one deadline.
/// </summary>
internal static class TunnelPrelude
{
    /// <summary>Whether a connection of this listener has a prelude at all.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="needs">Of its templates.</param>
    public static bool IsNeeded(TunnelListenerSettings listener, HeaderTemplateNeeds needs) =>
        ConnectionPrelude.IsNeeded(listener)
        || listener.Accept == TunnelAccept.HttpConnect
        || listener.OriginalDestination != OriginalDestinationMode.Off
        || needs.HasFlag(HeaderTemplateNeeds.ServerName);

    /// <summary>Reads it. The connection stays the caller's, and what came behind stays in it.</summary>
    public static async Task<PreludeResult> ReadAsync(
        TcpConnection connection, TunnelListenerSettings listener, HeaderTemplateNeeds needs, NodeContext node, CancellationToken cancellation)
    {
        var result = await ConnectionPrelude.ReadAsync(connection, listener, node, cancellation).ConfigureAwait(false);
        if (result is PreludeResult.Known known && listener.OriginalDestination != OriginalDestinationMode.Off)
        {
            result = ReadOriginalDestination(connection, listener.OriginalDestination, node, known);
        }

        if (result is PreludeResult.Known client && listener.Accept == TunnelAccept.HttpConnect)
        {
            return await ReadConnectAsync(connection, listener, node, client, cancellation).ConfigureAwait(false);
        }

        return result is PreludeResult.Known talker && needs.HasFlag(HeaderTemplateNeeds.ServerName)
            ? await PeekServerNameAsync(connection, listener, node, talker, cancellation).ConfigureAwait(false)
            : result;
    }

    /// <summary>What the client dialled is the destination from here on, as if it had reached it.</summary>
    private static PreludeResult ReadOriginalDestination(
        TcpConnection connection, OriginalDestinationMode mode, NodeContext node, PreludeResult.Known client)
    {
        var interception = mode == OriginalDestinationMode.Tproxy ? Interception.Tproxy : Interception.Redirect;
        if (connection.OriginalDestination(interception) is not OriginalDestination.Known { Address: var address })
        {
            return Prohibit("the connection was not intercepted; its destination is this listener");
        }

        if (OriginalDestination.IsLoop(address, node.ListenerAddresses, OriginalDestination.IsAddressOfThisMachine))
        {
            return Prohibit("the original destination is a listener of this node");
        }

        return new PreludeResult.Known(client.Source, address, null) { OriginalDestination = address };
    }

    private static PreludeResult.Refused Prohibit(string detail) =>
        new(ConnectFailure.AddressProhibited with { Detail = detail }, CanAnswer: false);

    private static async Task<PreludeResult> ReadConnectAsync(
        TcpConnection connection, TunnelListenerSettings listener, NodeContext node, PreludeResult.Known client, CancellationToken cancellation)
    {
        var head = await connection.ReadHeadAsync<Http1Request>(
            Http1ConnectReader.Read,
            new HeadLimits(Http1ConnectReader.MaxBytes, listener.PeekTimeout),
            node.Environment.Pool,
            node.Time,
            cancellation).ConfigureAwait(false);
        return head switch
        {
            HeadResult<Http1Request>.Complete { Value: Http1Request.Connect connect } =>
                Authority.TryParse(connect.Authority, out var authority, out var problem)
                    ? client with { Authority = authority }
                    : new PreludeResult.Refused(ConnectFailure.BadAuthority(problem), CanAnswer: true),
            HeadResult<Http1Request>.Complete { Value: Http1Request.Refused refused } =>
                new PreludeResult.Refused(ConnectFailure.OfRequest(refused.Status, refused.Detail), CanAnswer: true),
            _ => ConnectionPrelude.Refuse("HTTP/1.1 CONNECT", head),
        };
    }

    /// <summary>Nothing is consumed: the hello is the tunnel's first payload.</summary>
    private static async Task<PreludeResult> PeekServerNameAsync(
        TcpConnection connection, TunnelListenerSettings listener, NodeContext node, PreludeResult.Known client, CancellationToken cancellation)
    {
        var head = await connection.ReadHeadAsync<ClientHello>(
            ReadHello,
            new HeadLimits(ClientHelloReader.MaxBytes, listener.PeekTimeout),
            node.Environment.Pool,
            node.Time,
            cancellation).ConfigureAwait(false);
        switch (head)
        {
            case HeadResult<ClientHello>.Complete { Value.ServerName: { } asked }:
                return RequestedServerName.TryParse(asked, out var name, out var problem)
                    ? client with { ServerName = name }
                    : new PreludeResult.Refused(ConnectFailure.BadAuthority($"TLS server name: {problem}"), CanAnswer: false);
            case HeadResult<ClientHello>.Complete or HeadResult<ClientHello>.TimedOut { Received: 0 } or HeadResult<ClientHello>.Ended { Error: SocketError.Success }:
                // No name in it, another protocol, a client that waits for the server to speak first, or one that cannot finish a handshake any more.
                return listener.DefaultServerName is { } standard
                    ? client with { ServerName = standard }
                    : new PreludeResult.Refused(
                        ConnectFailure.BadAuthority("no TLS server name came, and default-server-name is not set"), CanAnswer: false);
            default:
                // A hello that is not whole may still name a server: the default would carry it past rules made for that name.
                return ConnectionPrelude.Refuse("TLS server name", head);
        }
    }

    private static HeadParse<ClientHello> ReadHello(ReadOnlySpan<byte> bytes) => ClientHelloReader.MayBegin(bytes)
        ? ClientHelloReader.Read(bytes)
        : HeadParse.Complete(new ClientHello(null), 0);
}
