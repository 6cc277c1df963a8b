using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>How connections to elsewhere come to a listener.</summary>
public enum Interception
{
    /// <summary>A REDIRECT or DNAT rule rewrote the destination, and netfilter remembers the old one.</summary>
    Redirect,

    /// <summary>TPROXY left the destination as it was: it is our end's address.</summary>
    Tproxy,
}

/// <summary>Where an intercepted connection was going.</summary>
public abstract record OriginalDestination
{
    /// <summary>IPv4 in its own form also where the socket is an IPv6 one.</summary>
    public sealed record Known(IPEndPoint Address) : OriginalDestination;

    /// <summary>The client dialled us, netfilter no longer knows the connection, or the peer is gone.</summary>
    public sealed record NotIntercepted : OriginalDestination;

    /// <summary>
    /// Whether dialling <paramref name="destination"/> would reach one of our own listeners, which would intercept it again.
    /// </summary>
    /// <param name="destination">As <see cref="Known"/> has it.</param>
    /// <param name="listeners">Where this process listens, with real ports; a wildcard stands for every address of this machine.</param>
    /// <param name="isLocal">Whether an address is this machine's, as <see cref="IsAddressOfThisMachine"/> says it; asked only where a wildcard's port is met.</param>
    public static bool IsLoop(IPEndPoint destination, IEnumerable<IPEndPoint> listeners, Func<IPAddress, bool> isLocal)
    {
        var address = Canonical(destination.Address);
        foreach (var listener in listeners)
        {
            var own = Canonical(listener.Address);
            // Whoever dials a wildcard reaches this machine.
            if (listener.Port == destination.Port
                && (own.Equals(address) || IsWildcard(address) || (IsWildcard(own) && isLocal(address))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Loopback, or an address of an interface. Asks the system each time.</summary>
    public static bool IsAddressOfThisMachine(IPAddress address)
    {
        address = Canonical(address);
        return IPAddress.IsLoopback(address)
            || NetworkInterface.GetAllNetworkInterfaces().Any(network => network.GetIPProperties().UnicastAddresses
                .Any(unicast => Canonical(unicast.Address).Equals(address)));
    }

    /// <summary>A sockaddr_in or sockaddr_in6 of Linux; null for anything else.</summary>
    public static IPEndPoint? FromSocketAddress(ReadOnlySpan<byte> bytes)
    {
        const ushort inet = 2;
        const ushort inet6 = 10;
        if (bytes.Length < 8)
        {
            return null;
        }

        // The family is in the machine's order, the port in the network's.
        var family = BitConverter.ToUInt16(bytes);
        var port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        return family switch
        {
            inet => new IPEndPoint(new IPAddress(bytes.Slice(4, 4)), port),
            inet6 when bytes.Length >= 24 => new IPEndPoint(Canonical(new IPAddress(bytes.Slice(8, 16))), port),
            _ => null,
        };
    }

    internal static OriginalDestination Read(Socket socket, Interception interception, IPEndPoint? local)
    {
        if (local is null)
        {
            return new NotIntercepted();
        }

        if (interception == Interception.Tproxy)
        {
            return new Known(new IPEndPoint(Canonical(local.Address), local.Port));
        }

        // Netfilter also knows connections that it did not redirect; these were going to us.
        return LinuxSocketOptions.ReadOriginalDestination(socket) is { } bytes
            && FromSocketAddress(bytes) is { } address
            && !(address.Port == local.Port && address.Address.Equals(Canonical(local.Address)))
            ? new Known(address)
            : new NotIntercepted();
    }

    /// <summary>Without zone, and IPv4 never mapped, so that one address has one form.</summary>
    private static IPAddress Canonical(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes())
        : address;

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
