using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Host.Admin;

/// <summary>How the start of the admin server went.</summary>
internal abstract record AdminStart
{
    /// <summary>It answers.</summary>
    /// <param name="Address">With the real port.</param>
    public sealed record Started(IPEndPoint Address) : AdminStart;

    /// <summary>Its address could not be bound.</summary>
    public sealed record BindFailed(IPEndPoint Address, SocketError Error) : AdminStart;
}
