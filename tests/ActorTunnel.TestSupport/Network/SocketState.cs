using System.Net.Sockets;

namespace ActorTunnel.TestSupport.Network;

/// <summary>What the kernel says of a connection; elsewhere than on Linux it says nothing, and every answer is no.</summary>
public static class SocketState
{
    private const int TcpProtocol = 6;
    private const int TcpInfo = 11;
    private const int SocketLevel = 1;
    private const int PendingError = 4;
    private const int BrokenPipe = 32;
    private const byte FinWait2 = 5;
    private const byte TimeWait = 6;
    private const byte Close = 7;

    /// <summary>
    /// Whether a receive that returned 0 hides a reset: a reset is reported once, and where a send took the
    /// report, the receive after it returns 0 as if the peer had ended cleanly. Where the peer had, and reset only behind that, EPIPE is still
    /// to be reported (unless a send took that; then this is taken for a reset, too).
    /// </summary>
    /// <param name="socket">Which returned 0.</param>
    /// <param name="finSent">
    /// Whether a FIN of our own was sent, or is about to be: behind it the state says nothing. Asked after the state was read, since a FIN that goes out in between makes a closed connection of one that had ended cleanly.
    /// </param>
    public static bool HidesAReset(this Socket socket, Func<bool> finSent) => Read(socket) == Close && !finSent() && TakeError(socket) != BrokenPipe;

    /// <summary>Both directions have ended, or the connection was reset.</summary>
    public static bool IsClosed(this Socket socket) => Read(socket) == Close;

    /// <summary>The peer's kernel has acknowledged our FIN and all bytes before it, and has not ended its own direction.</summary>
    public static bool FinIsAcknowledged(this Socket socket) => Read(socket) is FinWait2 or TimeWait;

    private static byte Read(Socket socket) => Option(socket, TcpProtocol, TcpInfo)[0];

    private static int TakeError(Socket socket) => BitConverter.ToInt32(Option(socket, SocketLevel, PendingError));

    /// <summary>The first eight bytes of it, or zeros.</summary>
    private static byte[] Option(Socket socket, int level, int name)
    {
        var value = new byte[8];
        if (OperatingSystem.IsLinux())
        {
            try
            {
                socket.GetRawSocketOption(level, name, value);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It was disposed meanwhile: there is nothing to ask.
            }
        }

        return value;
    }
}
