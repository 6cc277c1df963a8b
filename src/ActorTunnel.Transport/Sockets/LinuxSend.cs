using System.Net.Sockets;
using System.Runtime.InteropServices;
using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// sendmsg(2), once for each call. .NET's own call goes on where the system took a part, and drops the report of a reset that comes between two parts: the next write then fails as behind the
/// peer's end, and a reset looks like one.
/// </summary>
internal static unsafe partial class LinuxSend
{
    /// <summary>Slices a call; more would hardly make it cheaper.</summary>
    private const int MaxVector = 16;

    private const int NoSignal = 0x4000;

    /// <summary>Sends the first slices of a queue, as far as the system takes them. They stay in the queue. Returns the bytes taken; none with an error.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public static int Send(SafeSocketHandle socket, SliceQueue slices, out SocketError error)
    {
        var count = Math.Min(slices.Count, MaxVector);
        var vector = stackalloc Vector[count];
        for (var i = 0; i < count; i++)
        {
            var slice = slices[i];
            vector[i] = slice.IsEmpty ? default : new Vector((nint)slice.Block!.Address + slice.Start, slice.Length);
        }

        var message = new Message { Vectors = (nint)vector, VectorCount = count };
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held); // The number must not be another's by now.
            var sent = (int)SendMessage((int)socket.DangerousGetHandle(), &message, NoSignal);
            error = sent >= 0 ? SocketError.Success : LinuxError.ToSocketError(Marshal.GetLastPInvokeError());
            return Math.Max(sent, 0);
        }
        finally
        {
            if (held)
            {
                socket.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, Message* message, int flags);

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
