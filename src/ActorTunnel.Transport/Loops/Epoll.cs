using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ActorTunnel.Transport.Loops;

/// <summary>
/// The kernel's list of sockets that are ready (epoll(7)), edge triggered: each change is told once. Here stand its numbers. Linux only.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    /// <summary>Bytes can be read, or the peer's end.</summary>
    public const uint Readable = 0x1;

    /// <summary>There is an urgent byte (RFC 9293 §3.8.5), in front of which a read ends, or there was one a moment ago.</summary>
    public const uint Urgent = 0x2;

    /// <summary>Bytes can be written.</summary>
    public const uint Writable = 0x4;

    /// <summary>The connection has an error, or has ended in both directions; or the peer has ended its own.</summary>
    public const uint Ended = Error | HangUp | PeerHangUp;

    private const uint Error = 0x8;
    private const uint HangUp = 0x10;
    private const uint PeerHangUp = 0x2000;
    private const uint EdgeTriggered = 0x80000000;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Add = 1;
    private const int Remove = 2;
    private const int Interrupted = 4;
    private const int MaxEvents = 256;

    /// <summary>struct epoll_event is packed on x86 alone.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;

    private static readonly int EventSize = DataOffset + 8;

    private readonly int _epoll;
    private readonly int _wakeUp;
    private readonly Lock _gate = new();
    private readonly byte[] _events = GC.AllocateArray<byte>(MaxEvents * EventSize, pinned: true);
    private bool _isClosed;

    public Epoll()
    {
        _epoll = Checked(Create(CloseOnExec));
        _wakeUp = Checked(EventFd(0, CloseOnExec | NonBlocking));
        var e = stackalloc byte[EventSize];
        Fill(e, Readable | EdgeTriggered, WakeUpKey);
        Checked(Control(_epoll, Add, _wakeUp, e));
    }

    /// <summary>The key of the event by which <see cref="WakeUp"/> ends a wait.</summary>
    public static ulong WakeUpKey => ulong.MaxValue;

    /// <summary>Tells of every change of a socket from now on, and first of what it is ready for already; until it is closed or removed.</summary>
    /// <returns>False where it is no open socket, or the system has no memory for it.</returns>
    public bool TryWatch(SafeHandle socket, ulong key)
    {
        var e = stackalloc byte[EventSize];
        Fill(e, Readable | Urgent | Writable | PeerHangUp | EdgeTriggered, key);
        return TryControl(Add, socket, e);
    }

    /// <summary>Tells no more of a socket that stays open; of one that was closed meanwhile it has been forgotten already.</summary>
    public void Forget(SafeHandle socket) => TryControl(Remove, socket, null);

    /// <summary>Waits for events. Returns how many there are, to be read with <see cref="Event"/> before the next wait.</summary>
    /// <param name="block">Whether to wait for the first one.</param>
    public int Wait(bool block)
    {
        fixed (byte* events = _events)
        {
            var count = block ? Wait(_epoll, events, MaxEvents, -1) : Poll(_epoll, events, MaxEvents, 0);
            return count >= 0 ? count : Marshal.GetLastPInvokeError() == Interrupted ? 0 : Checked(count);
        }
    }

    /// <summary>The event at an index of the last wait.</summary>
    public (uint Events, ulong Key) Event(int index)
    {
        var bytes = _events.AsSpan(index * EventSize, EventSize);
        return (BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[DataOffset..]));
    }

    /// <summary>Ends a wait, now or the next one; does nothing where it is disposed. Any thread may call this.</summary>
    public void WakeUp()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                var one = 1UL;
                Write(_wakeUp, &one, sizeof(ulong)); // Fails only where 2^64 wake-ups wait already.
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true; // From here on the number may be another's.
            Close(_epoll);
            Close(_wakeUp);
        }
    }

    private bool TryControl(int operation, SafeHandle socket, byte* e)
    {
        try
        {
            return Control(_epoll, operation, socket, e) >= 0;
        }
        catch (ObjectDisposedException)
        {
            // Its owner closed it, and its number may be another's by now.
            return false;
        }
    }

    private static void Fill(byte* e, uint events, ulong key)
    {
        var bytes = new Span<byte>(e, EventSize);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, events);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[DataOffset..], key);
    }

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int descriptor, byte* e);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, SafeHandle socket, byte* e);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, byte* events, int max, int milliseconds);

    /// <summary>The same, where it does not wait: then the collector need not be told.</summary>
    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [SuppressGCTransition]
    private static partial int Poll(int epoll, byte* events, int max, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, void* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
