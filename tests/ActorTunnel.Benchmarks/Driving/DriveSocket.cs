using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Benchmarks.Driving;

/// <summary>Sockets of the driver's two ends.</summary>
internal static class DriveSocket
{
    public static Socket Listen(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(address);
        socket.Listen(4096);
        return socket;
    }

    public static async Task<Socket> ConnectAsync(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address).ConfigureAwait(false);
        return socket;
    }

    public static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes).ConfigureAwait(false)..];
        }
    }

    /// <summary>Fills the buffer; an end before that is an exception, since the driver itself sends what is read so.</summary>
    public static async Task ReceiveAllAsync(Socket socket, Memory<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = await socket.ReceiveAsync(buffer).ConfigureAwait(false);
            buffer = count > 0 ? buffer[count..] : throw new EndOfStreamException("A tunnel ended before its first bytes.");
        }
    }
}
