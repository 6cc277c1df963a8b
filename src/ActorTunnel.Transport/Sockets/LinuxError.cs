using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>The kernel's numbers of errors (asm-generic/errno.h), as far as connect(2), accept(2) and sendmsg(2) have them.</summary>
internal static class LinuxError
{
    private const int Again = 11;
    private const int IsConnected = 106;
    private const int Already = 114;
    private const int InProgress = 115;

    /// <summary>What .NET would call it. Those that are not listed say no more to anybody than that the call failed.</summary>
    public static SocketError ToSocketError(int number) => number switch
    {
        0 or IsConnected => SocketError.Success,
        Again => SocketError.WouldBlock,
        InProgress or Already => SocketError.InProgress,
        1 or 13 => SocketError.AccessDenied,
        32 => SocketError.Shutdown,
        12 or 105 => SocketError.NoBufferSpaceAvailable,
        23 or 24 => SocketError.TooManyOpenSockets,
        71 or 103 => SocketError.ConnectionAborted,
        97 => SocketError.AddressFamilyNotSupported,
        99 => SocketError.AddressNotAvailable,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        104 => SocketError.ConnectionReset,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    };
}
