namespace ActorTunnel.Proxy.Tunnels;

/// <summary>Who brought something about, seen from this process.</summary>
public enum GuiltySide
{
    /// <summary>Who dialled us: the application for an encapsulator, the CONNECT stream's peer for a terminator.</summary>
    Downstream,

    /// <summary>The HTTP/2 session as a whole, which took the tunnel along.</summary>
    Session,

    /// <summary>Whom we dialled: the terminator for an encapsulator, the origin for a terminator.</summary>
    Upstream,

    /// <summary>This process: a timeout, a limit, the drain.</summary>
    Us,
}
