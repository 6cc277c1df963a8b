using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace ActorTunnel.Benchmarks.Harness.Polling;

/// <summary>A TCP socket of IPv4 that is served by a <see cref="Poller"/>.</summary>
internal abstract unsafe class PolledSocket
{
    private const int AddressSize = 16;

    private static uint _generations;

    private PollEvents _interest;

    /// <param name="poller">Who serves it.</param>
    /// <param name="descriptor">Owned from here on.</param>
    /// <param name="interest">What to wait for at first.</param>
    protected PolledSocket(Poller poller, int descriptor, PollEvents interest)
    {
        Poller = poller;
        Descriptor = descriptor;
        Generation = ++_generations;
        _interest = interest;
        poller.Add(this, interest);
    }

    public int Descriptor { get; }

    /// <summary>Tells sockets apart that had the same descriptor one after the other.</summary>
    public uint Generation { get; }

    public bool IsClosed { get; private set; }

    protected Poller Poller { get; }

    /// <summary>What to wait for from now on.</summary>
    protected PollEvents Interest
    {
        get => _interest;
        set
        {
            if (value != _interest && !IsClosed)
            {
                _interest = value;
                Poller.Change(this, value);
            }
        }
    }

    public void Handle(PollEvents events)
    {
        if ((events & (PollEvents.Read | PollEvents.Error | PollEvents.HangUp)) != 0)
        {
            OnReadable();
        }

        if ((events & PollEvents.Write) != 0 && !IsClosed)
        {
            OnWritable();
        }
    }

    /// <summary>Ends our direction.</summary>
    public void Finish() => _ = Libc.Shutdown(Descriptor, Libc.ShutdownSend); // Where it fails the connection is broken, as the next read tells.

    /// <summary>Closes it; the kernel delivers what was sent.</summary>
    public void Close()
    {
        if (!IsClosed)
        {
            Poller.Remove(this);
            IsClosed = true;
            _ = Libc.Close(Descriptor);
        }
    }

    /// <summary>Closes it with a reset.</summary>
    public void Reset()
    {
        if (!IsClosed)
        {
            SetOption(Descriptor, Libc.SocketLevel, Libc.Linger, 1L); // struct linger { on = 1, seconds = 0 }, little endian.
            Close();
        }
    }

    /// <summary>A socket that connects; it is writable when that is over.</summary>
    protected static int BeginConnect(IPEndPoint address)
    {
        var descriptor = Create();
        SetOption(descriptor, Libc.TcpLevel, Libc.NoDelay, 1);
        var name = stackalloc byte[AddressSize];
        Write(address, name);
        if (Libc.Connect(descriptor, name, AddressSize) < 0 && Marshal.GetLastPInvokeError() is not Libc.InProgress and var error)
        {
            _ = Libc.Close(descriptor);
            throw new DriveFailure($"cannot connect to {address}: {Words(error)}");
        }

        return descriptor;
    }

    protected static int Listen(IPEndPoint address)
    {
        var descriptor = Create();
        SetOption(descriptor, Libc.SocketLevel, Libc.ReuseAddress, 1);
        var name = stackalloc byte[AddressSize];
        Write(address, name);
        if (Libc.Bind(descriptor, name, AddressSize) < 0 || Libc.Listen(descriptor, 4096) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            _ = Libc.Close(descriptor);
            throw new DriveFailure($"cannot listen on {address}: {Words(error)}");
        }

        return descriptor;
    }

    /// <summary>A connection that waits to be accepted, or a negative number.</summary>
    protected int Accept()
    {
        var accepted = Libc.Accept(Descriptor, null, null, Libc.NonBlocking);
        if (accepted >= 0)
        {
            SetOption(accepted, Libc.TcpLevel, Libc.NoDelay, 1);
        }
        else if (Marshal.GetLastPInvokeError() == Libc.DescriptorsUsedUp)
        {
            throw new DriveFailure("no descriptor is left for another connection (ulimit -n)");
        }

        return accepted;
    }

    /// <summary>Why the connection broke, or null; asking forgets it.</summary>
    protected string? PendingError()
    {
        int error = 0, length = sizeof(int);
        _ = Libc.GetOption(Descriptor, Libc.SocketLevel, Libc.PendingError, (byte*)&error, &length);
        return error == 0 ? null : Words(error);
    }

    /// <summary>Bytes that were read, 0 at the peer's end, -1 where there are none now, -2 where the connection broke.</summary>
    protected int Receive(Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            return Outcome(Libc.Receive(Descriptor, bytes, into.Length, 0));
        }
    }

    /// <summary>Bytes that the kernel took, -1 where it takes none now, -2 where the connection broke.</summary>
    protected int Send(ReadOnlySpan<byte> from)
    {
        fixed (byte* bytes = from)
        {
            return Outcome(Libc.Send(Descriptor, bytes, from.Length, Libc.NoSignal));
        }
    }

    /// <summary>There is something to read: bytes, an end or an error.</summary>
    protected abstract void OnReadable();

    /// <summary>There is room for bytes.</summary>
    protected abstract void OnWritable();

    private static int Outcome(nint result) =>
        result >= 0 ? (int)result : Marshal.GetLastPInvokeError() is Libc.WouldBlock or Libc.Interrupted ? -1 : -2;

    private static int Create()
    {
        var descriptor = Libc.Socket(Libc.Inet, Libc.StreamNonBlocking, 0);
        return descriptor >= 0 ? descriptor : throw new DriveFailure($"no socket: {Words(Marshal.GetLastPInvokeError())}");
    }

    private static void SetOption(int descriptor, int level, int option, long value)
    {
        var length = option == Libc.Linger ? sizeof(long) : sizeof(int);
        if (Libc.SetOption(descriptor, level, option, (byte*)&value, length) < 0)
        {
            throw new Win32Exception();
        }
    }

    private static void Write(IPEndPoint address, byte* name)
    {
        var bytes = new Span<byte>(name, AddressSize);
        bytes.Clear();
        bytes[0] = Libc.Inet;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)address.Port);
        if (!address.Address.TryWriteBytes(bytes[4..], out var written) || written != 4)
        {
            throw new DriveFailure($"{address} is not an address of IPv4");
        }
    }

    private static string Words(int error) => Marshal.GetPInvokeErrorMessage(error);
}
