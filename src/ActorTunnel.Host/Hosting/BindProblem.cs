using System.Net.Sockets;

namespace ActorTunnel.Host.Hosting;

/// <summary>Why an address could not be bound, as a phrase that follows it.</summary>
internal static class BindProblem
{
    /// <param name="error">What the system said.</param>
    /// <param name="isTransparent">Whether IP_TRANSPARENT was asked for, too.</param>
    public static string Of(SocketError error, bool isTransparent = false) => error switch
    {
        SocketError.AccessDenied when isTransparent => "may not be bound by this user (EACCES); original-dst = tproxy needs CAP_NET_ADMIN",
        SocketError.AddressAlreadyInUse => "is in use (EADDRINUSE); another process or listener is bound there",
        SocketError.AccessDenied => "may not be bound by this user (EACCES)",
        SocketError.AddressNotAvailable => "is no address of this machine (EADDRNOTAVAIL)",
        _ => $"cannot be bound ({error})",
    };
}
