using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>Messages between a terminator's tunnels and an upstream of origins.</summary>
internal static class OriginProtocol
{
    /// <summary>Dial an endpoint for the sender, who answers for what it gets.</summary>
    /// <param name="Client">Whose tunnel it is, as far as that is known.</param>
    /// <param name="SessionDials">The dial slots of the tunnel's session.</param>
    /// <param name="Options">For the connection's socket.</param>
    public sealed record DialOrigin(IPAddress? Client, DialSlots SessionDials, TcpConnectionOptions Options);

    /// <summary>The connection is the receiver's. <see cref="ReleaseEndpoint"/> is due when its tunnel is over.</summary>
    /// <param name="Endpoint">Whom it reached.</param>
    /// <param name="Connection">Connected.</param>
    /// <param name="ProxyProtocol">The PROXY header that the endpoint wants first.</param>
    public sealed record OriginConnected(EndpointAddress Endpoint, TcpConnection Connection, SendProxyProtocol ProxyProtocol);

    /// <summary>There is no connection; nothing is to be released.</summary>
    public sealed record DialFailed(EndpointAddress? Endpoint, ConnectFailure Failure);

    /// <summary>A tunnel to the endpoint is over.</summary>
    public sealed record ReleaseEndpoint(EndpointAddress Endpoint) : INoSerializationVerificationNeeded;
}
