using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>A bound and listening address whose connections are not accepted yet.</summary>
public sealed class TcpListenSocket : IDisposable
{
    /// <summary>Connections that the kernel holds for us; the system may allow fewer.</summary>
    private const int Backlog = 4_096;

    private TcpListenSocket(Socket socket, TcpConnectionOptions? options)
    {
        Socket = socket;
        Options = options;
        Address = (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Address { get; }

    /// <summary>What accepted connections have from their first moment; null: whoever accepts one applies its options.</summary>
    public TcpConnectionOptions? Options { get; }

    internal Socket Socket { get; }

    /// <summary>Binds and listens, or says why not.</summary>
    /// <param name="address">Ours, with port 0 for a free one.</param>
    /// <param name="listener">Owned by the caller.</param>
    /// <param name="transparent">
    /// Takes connections to any address, as TPROXY hands them over: Linux only, and only with CAP_NET_ADMIN, else <see cref="SocketError.AccessDenied"/>.
    /// </param>
    /// <param name="options">Of accepted connections, which inherit them where the system is Linux.</param>
    public static SocketError TryBind(IPEndPoint address, out TcpListenSocket? listener, bool transparent = false, TcpConnectionOptions? options = null)
    {
        listener = null;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (transparent && LinuxSocketOptions.TrySetTransparent(socket) is var refused and not SocketError.Success)
            {
                socket.Dispose();
                return refused;
            }

            socket.Bind(address);
            options = OperatingSystem.IsLinux() && options?.ApplyTo(socket) == SocketError.Success ? options : null;
            socket.Listen(Backlog); // From here on the kernel makes connections, with the options that it finds.
            listener = new TcpListenSocket(socket, options);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            // An address that is taken or not ours is an expected outcome.
            socket.Dispose();
            return e.SocketErrorCode;
        }
    }

    /// <summary>Stops listening. Connections that were not accepted are reset by the kernel.</summary>
    public void Dispose() => Socket.Dispose();
}
