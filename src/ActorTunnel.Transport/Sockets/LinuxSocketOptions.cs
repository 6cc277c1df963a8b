using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>The kernel's numbers for transparent interception (linux/in.h, linux/in6.h, linux/netfilter_ipv4.h, linux/netfilter_ipv6/ip6_tables.h).</summary>
internal static class LinuxSocketOptions
{
    private const int LevelIp = 0;
    private const int LevelIPv6 = 41;
    private const int OriginalDestination = 80;
    private const int IpTransparent = 19;
    private const int IPv6Transparent = 75;

    /// <summary>The longest answer: sockaddr_in6.</summary>
    private const int AddressLength = 28;

    /// <summary>
    /// SO_ORIGINAL_DST: where a connection went before a REDIRECT or DNAT of netfilter. Null where it says nothing: no such rule touched it, or not Linux.
    /// </summary>
    public static byte[]? ReadOriginalDestination(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> address = stackalloc byte[AddressLength];
        try
        {
            var level = socket.AddressFamily == AddressFamily.InterNetworkV6 ? LevelIPv6 : LevelIp;
            return address[..socket.GetRawSocketOption(level, OriginalDestination, address)].ToArray();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // ENOENT and ENOPROTOOPT mean that netfilter does not know the connection; a connection that is gone is known to nobody.
            return null;
        }
    }

    /// <summary>IP_TRANSPARENT, before the bind.</summary>
    public static SocketError TrySetTransparent(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return SocketError.OperationNotSupported;
        }

        try
        {
            var isV6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
            socket.SetRawSocketOption(isV6 ? LevelIPv6 : LevelIp, isV6 ? IPv6Transparent : IpTransparent, BitConverter.GetBytes(1));
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            // Without CAP_NET_ADMIN the kernel refuses.
            return e.SocketErrorCode;
        }
    }
}
