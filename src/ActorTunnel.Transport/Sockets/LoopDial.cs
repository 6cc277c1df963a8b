using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// Connects a socket without .NET's asynchronous calls, which would watch it for as long as it is open: each byte that comes would wake a thread for nothing. Linux only; here stand its
/// numbers (socket(2)).
/// </summary>
internal static partial class LoopDial
{
    private const int FamilyIPv4 = 2;
    private const int FamilyIPv6 = 10;
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Tcp = 6;

    /// <summary>Success with a socket that does not block, or an error without one; <see cref="SocketError.TimedOut"/> where it was cancelled.</summary>
    public static async Task<(Socket? Socket, SocketError Error)> ConnectAsync(EventLoop loop, IPEndPoint address, CancellationToken cancellation)
    {
        var error = Begin(address, out var handle);
        if (error == SocketError.InProgress && !await LoopWait.Writable(loop, handle!).ResultAsync(cancellation).ConfigureAwait(false))
        {
            error = cancellation.IsCancellationRequested ? SocketError.TimedOut : SocketError.NoBufferSpaceAvailable; // The loop cannot watch it, or is over.
        }

        if (error is not (SocketError.Success or SocketError.InProgress))
        {
            handle?.Dispose();
            return (null, error);
        }

        var socket = new Socket(handle!) { Blocking = false }; // Not before: now the kernel can be asked for both ends. That it does not block, .NET does not ask.
        error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error == SocketError.Success)
        {
            return (socket, error);
        }

        socket.Dispose();
        return (null, error);
    }

    private static unsafe SocketError Begin(IPEndPoint address, out SafeSocketHandle? handle)
    {
        handle = null;
        var descriptor = Create(address.AddressFamily == AddressFamily.InterNetworkV6 ? FamilyIPv6 : FamilyIPv4, Stream | CloseOnExec | NonBlocking, Tcp);
        if (descriptor < 0)
        {
            return LinuxError.ToSocketError(Marshal.GetLastPInvokeError());
        }

        handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        var name = address.Serialize();
        fixed (byte* bytes = name.Buffer.Span)
        {
            var error = Connected(descriptor, bytes, name.Size);
            return error == SocketError.InProgress ? Connected(descriptor, bytes, name.Size) : error; // A near peer has answered by now.
        }
    }

    private static unsafe SocketError Connected(int descriptor, byte* address, int length) =>
        Connect(descriptor, address, length) == 0 ? SocketError.Success : LinuxError.ToSocketError(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Create(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static unsafe partial int Connect(int descriptor, byte* address, int length);
}
