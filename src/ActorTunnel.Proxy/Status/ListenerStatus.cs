using System.Net;

namespace ActorTunnel.Proxy.Status;

/// <summary>What a listener makes of a connection.</summary>
public enum ListenerRole
{
    /// <summary>Encapsulator: a CONNECT stream.</summary>
    Tunnel,

    /// <summary>Terminator: a session.</summary>
    Connect,
}

/// <summary>What a listener does at the moment.</summary>
public enum ListenerState
{
    Accepting,

    /// <summary>It has <c>max-connections</c>; further ones wait in the kernel.</summary>
    Full,

    /// <summary>Its address is released; it waits for its connections to end.</summary>
    Draining,
}

/// <summary>A listener at the moment in which its actor was asked.</summary>
/// <param name="Name">As configured.</param>
/// <param name="Role">What becomes of its connections.</param>
/// <param name="Address">Where it is bound, with the real port.</param>
/// <param name="State">What it does.</param>
/// <param name="Tls">Whether its peers speak TLS with us.</param>
/// <param name="OpenConnections">Accepted and not closed.</param>
/// <param name="MaxConnections">As configured.</param>
/// <param name="AcceptedConnections">Since the start.</param>
public sealed record ListenerStatus(
    string Name,
    ListenerRole Role,
    IPEndPoint Address,
    ListenerState State,
    bool Tls,
    int OpenConnections,
    int MaxConnections,
    long AcceptedConnections);
