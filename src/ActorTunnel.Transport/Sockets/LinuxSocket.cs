using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// The kernel's own calls, each once: socket(2), connect(2), accept4(2), sendmsg(2), with their numbers. Where .NET waits for a socket, its engine watches it for as long as it is open, and each
/// byte that comes wakes a thread for nothing. Its write goes on where the system took a part, and drops the report of a reset that comes between two parts: the next one then fails as behind
/// the peer's end, and a reset looks like one.
/// </summary>
internal static unsafe partial class LinuxSocket
{
    /// <summary>Slices a write; more would hardly make it cheaper.</summary>
    private const int MaxVector = 16;

    private const int FamilyIPv4 = 2;
    private const int FamilyIPv6 = 10;
    private const int Stream = 1;
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    private const int Tcp = 6;
    private const int NoSignal = 0x4000;

    /// <summary>A TCP socket that does not block; null with an error.</summary>
    public static SafeSocketHandle? Create(AddressFamily family, out SocketError error) =>
        Owned(Create(family == AddressFamily.InterNetworkV6 ? FamilyIPv6 : FamilyIPv4, Stream | NonBlockingCloseOnExec, Tcp), out error);

    /// <summary>Begins to connect, or says how far it is. <see cref="SocketError.InProgress"/> until the peer has answered.</summary>
    public static SocketError Connect(SafeSocketHandle socket, IPEndPoint address)
    {
        var name = address.Serialize();
        fixed (byte* bytes = name.Buffer.Span)
        {
            return ErrorOf(Connect(socket, bytes, name.Size));
        }
    }

    /// <summary>The next connection, which does not block; null with an error, which is <see cref="SocketError.WouldBlock"/> where there is none.</summary>
    public static SafeSocketHandle? Accept(SafeSocketHandle listener, out SocketError error) => Owned(Accept(listener, 0, 0, NonBlockingCloseOnExec), out error);

    /// <summary>Sends the first slices of a queue, as far as the system takes them. They stay in the queue. Returns the bytes taken; none with an error.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public static int Send(SafeSocketHandle socket, SliceQueue slices, out SocketError error)
    {
        var count = Math.Min(slices.Count, MaxVector);
        var vector = stackalloc Vector[count];
        for (var i = 0; i < count; i++)
        {
            var slice = slices[i];
            vector[i] = slice.IsEmpty ? default : new Vector(slice.Block!.Address + slice.Start, slice.Length);
        }

        var message = new Message { Vectors = (nint)vector, VectorCount = count };
        var sent = (int)SendMessage(socket, &message, NoSignal);
        error = ErrorOf(sent);
        return Math.Max(sent, 0);
    }

    private static SafeSocketHandle? Owned(int descriptor, out SocketError error)
    {
        error = ErrorOf(descriptor);
        return descriptor >= 0 ? new SafeSocketHandle(descriptor, ownsHandle: true) : null;
    }

    private static SocketError ErrorOf(int result) => result >= 0 ? SocketError.Success : LinuxError.ToSocketError(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Create(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(SafeSocketHandle socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept(SafeSocketHandle listener, nint address, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(SafeSocketHandle socket, Message* message, int flags);

    /// <summary>struct iovec.</summary>
    private readonly record struct Vector(nint Start, nint Length);

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public nint Name;
        public uint NameLength;
        public nint Vectors;
        public nint VectorCount;
        public nint Control;
        public nint ControlLength;
        public int Flags;
    }
}
