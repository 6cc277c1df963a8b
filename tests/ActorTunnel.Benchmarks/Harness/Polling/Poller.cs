using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ActorTunnel.Benchmarks.Harness.Polling;

/// <summary>One epoll and all sockets of a process, served by the one thread that calls <see cref="Turn"/>. Level-triggered: what was left is told again.</summary>
internal sealed unsafe class Poller : IDisposable
{
    private const int MostAtOnce = 512;

    // struct epoll_event is packed on x86-64 and nowhere else.
    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EntrySize = DataAt + 8;

    private readonly int _epoll;
    private readonly byte[] _entries = new byte[MostAtOnce * EntrySize];
    private PolledSocket?[] _sockets = new PolledSocket?[1024];

    public Poller()
    {
        _epoll = Libc.EpollCreate(Libc.CloseOnExec);
        if (_epoll < 0)
        {
            throw new Win32Exception();
        }
    }

    /// <summary>Runs until the condition holds.</summary>
    /// <param name="condition">Looked at after each turn.</param>
    /// <param name="limit">How long at most.</param>
    /// <param name="otherwise">The words of the failure then.</param>
    /// <param name="progress">Whatever changes while it goes on; the limit begins anew with each change.</param>
    public void Until(Func<bool> condition, TimeSpan limit, Func<string> otherwise, Func<long>? progress = null)
    {
        var clock = Stopwatch.StartNew();
        var last = progress?.Invoke();
        while (!condition())
        {
            if (progress?.Invoke() is { } now && now != last)
            {
                last = now;
                clock.Restart();
            }

            if (clock.Elapsed > limit)
            {
                throw new DriveFailure($"{otherwise()} after {limit.TotalSeconds:0} s");
            }

            Turn(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Runs for so long.</summary>
    public void For(TimeSpan length)
    {
        var clock = Stopwatch.StartNew();
        while (length - clock.Elapsed is { Ticks: > 0 } left)
        {
            Turn(left);
        }
    }

    /// <summary>Waits for something to happen, at most so long (rounded up to milliseconds), and lets the sockets concerned act.</summary>
    public void Turn(TimeSpan atMost)
    {
        int count;
        fixed (byte* entries = _entries)
        {
            count = Libc.EpollWait(_epoll, entries, MostAtOnce, (int)Math.Ceiling(atMost.TotalMilliseconds));
        }

        if (count < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        for (var i = 0; i < count; i++)
        {
            var entry = _entries.AsSpan(i * EntrySize, EntrySize);
            var events = (PollEvents)BinaryPrimitives.ReadInt32LittleEndian(entry);
            var key = BinaryPrimitives.ReadUInt64LittleEndian(entry[DataAt..]);

            // A socket that was closed earlier in this turn may have left its number to a new one, whom the event does not concern.
            if (_sockets[(int)(uint)key] is { } socket && socket.Generation == (uint)(key >> 32))
            {
                socket.Handle(events);
            }
        }
    }

    public void Add(PolledSocket socket, PollEvents interest)
    {
        if (socket.Descriptor >= _sockets.Length)
        {
            Array.Resize(ref _sockets, Math.Max(socket.Descriptor + 1, 2 * _sockets.Length));
        }

        _sockets[socket.Descriptor] = socket;
        Control(Libc.EpollAdd, socket, interest);
    }

    public void Change(PolledSocket socket, PollEvents interest) => Control(Libc.EpollChange, socket, interest);

    /// <summary>To be called before the descriptor is closed.</summary>
    public void Remove(PolledSocket socket)
    {
        Control(Libc.EpollRemove, socket, PollEvents.None);
        _sockets[socket.Descriptor] = null;
    }

    /// <summary>Closes all sockets with resets.</summary>
    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket?.Reset();
        }

        _ = Libc.Close(_epoll);
    }

    private void Control(int operation, PolledSocket socket, PollEvents interest)
    {
        var entry = stackalloc byte[16];
        *(int*)entry = (int)interest;
        *(ulong*)(entry + DataAt) = (uint)socket.Descriptor | ((ulong)socket.Generation << 32);
        if (Libc.EpollControl(_epoll, operation, socket.Descriptor, entry) < 0)
        {
            throw new Win32Exception();
        }
    }
}
