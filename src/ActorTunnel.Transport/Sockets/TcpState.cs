using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// What only Linux tells of a TCP connection. Here and in <see cref="LinuxSocketOptions"/> stand the kernel's numbers; on other systems
/// <see cref="Read"/> says <see cref="Unknown"/>, and whoever asks then trusts what the socket calls said.
/// </summary>
internal readonly record struct TcpState(byte Value)
{
    /// <summary>Not Linux, or the socket is gone.</summary>
    public static readonly TcpState Unknown = new(0);

    private const int TcpProtocol = 6;
    private const int TcpInfo = 11;
    private const byte FinWait1 = 4;
    private const byte Close = 7;
    private const byte LastAck = 9;
    private const byte Closing = 11;

    /// <summary>Our FIN, and so perhaps bytes before it, has not been acknowledged.</summary>
    public bool AwaitsDelivery => Value is FinWait1 or LastAck or Closing;

    /// <summary>The connection is closed without a FIN of the peer having been read: it was reset.</summary>
    public bool IsClosed => Value == Close;

    /// <summary>
    /// Of a closed connection that nobody has read or written: whether its pending error says that no FIN of the peer had come before. Linux says EPIPE where one had. Takes the report,
    /// which costs a connection with an end before its reset nothing: reads still return all its bytes, and writes fail with EPIPE again.
    /// </summary>
    public static bool WasResetBeforeItsEnd(Socket socket)
    {
        try
        {
            var error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            return error is not (SocketError.Success or SocketError.Shutdown);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket is past asking; its end is decided elsewhere.
            return false;
        }
    }

    /// <summary>tcpi_state, the first byte of TCP_INFO.</summary>
    public static TcpState Read(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Unknown;
        }

        Span<byte> info = stackalloc byte[8];
        try
        {
            return socket.GetRawSocketOption(TcpProtocol, TcpInfo, info) > 0 ? new TcpState(info[0]) : Unknown;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket is past asking; its end is decided elsewhere.
            return Unknown;
        }
    }
}
