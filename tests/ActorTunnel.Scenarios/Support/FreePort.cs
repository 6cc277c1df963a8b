using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>Ports for programs that have to be told one.</summary>
internal static class FreePort
{
    /// <summary>Below the ports that systems give to whoever dials, so that none of those takes it before it is used.</summary>
    private const int First = 12_000;

    private const int Count = 18_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port that was free a moment ago, and that this process gives to nobody else soon.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody has it; the next one, then.
            }
        }
    }
}
