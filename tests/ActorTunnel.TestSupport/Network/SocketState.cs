using System.Net.Sockets;

namespace ActorTunnel.TestSupport.Network;

/// <summary>What TCP_INFO says of a connection; elsewhere than on Linux it says nothing, and every answer is no.</summary>
public static class SocketState
{
    private const int TcpProtocol = 6;
    private const int TcpInfo = 11;
    private const byte FinWait2 = 5;
    private const byte TimeWait = 6;
    private const byte Close = 7;

    /// <summary>
    /// The connection is over. Where we have sent no FIN, it was reset: a reset is reported once, and where a send took the report, the receive
    /// after it returns 0 as if the peer had ended cleanly.
    /// </summary>
    public static bool IsClosed(this Socket socket) => Read(socket) == Close;

    /// <summary>The peer's kernel has acknowledged our FIN and all bytes before it, and has not ended its own direction.</summary>
    public static bool FinIsAcknowledged(this Socket socket) => Read(socket) is FinWait2 or TimeWait;

    private static byte Read(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        Span<byte> info = stackalloc byte[8];
        try
        {
            return socket.GetRawSocketOption(TcpProtocol, TcpInfo, info) > 0 ? info[0] : (byte)0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0; // It was disposed meanwhile: there is nothing to ask.
        }
    }
}
