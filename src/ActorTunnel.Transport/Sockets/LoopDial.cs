using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>Connects a socket without .NET's asynchronous calls. Linux only.</summary>
internal static class LoopDial
{
    /// <summary>Success with a socket that does not block, or an error without one; <see cref="SocketError.TimedOut"/> where it was cancelled.</summary>
    public static async Task<(Socket? Socket, SocketError Error)> ConnectAsync(EventLoop loop, IPEndPoint address, CancellationToken cancellation)
    {
        var handle = LinuxSocket.Create(address.AddressFamily, out var error);
        if (handle is null)
        {
            return (null, error);
        }

        error = LinuxSocket.Connect(handle, address);
        if (error == SocketError.InProgress)
        {
            error = LinuxSocket.Connect(handle, address); // A near peer has answered by now.
        }

        if (error == SocketError.InProgress && !await LoopWait.Writable(loop, handle).ResultAsync(cancellation).ConfigureAwait(false))
        {
            error = cancellation.IsCancellationRequested ? SocketError.TimedOut : SocketError.NoBufferSpaceAvailable; // The loop cannot watch it, or is over.
        }

        if (error is not (SocketError.Success or SocketError.InProgress))
        {
            handle.Dispose();
            return (null, error);
        }

        var socket = new Socket(handle) { Blocking = false }; // Not before: now the kernel can be asked for both ends. That it does not block, .NET does not ask.
        error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error == SocketError.Success)
        {
            return (socket, error);
        }

        socket.Dispose();
        return (null, error);
    }
}
