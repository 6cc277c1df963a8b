using System.Collections.Concurrent;
using Akka.Dispatch;

namespace ActorTunnel.Transport.Loops;

/// <summary>Who is told that a socket became ready.</summary>
internal interface ILoopHandler
{
    /// <summary>On the loop's thread: what the socket is ready for by now, in terms of <see cref="Epoll"/>.</summary>
    void Ready(uint events);
}

/// <summary>
/// One thread that runs actors and learns from the kernel which of their sockets are ready. What goes from a socket through the actors of one loop to another socket needs no other
/// thread, and no system call but those that read and write.
/// <code>
///   turn: run what is scheduled ──▶ ask the kernel: wait, where nothing is scheduled ──▶ tell handlers ──▶ next turn
/// </code>
/// Whatever became ready at one time is told before any actor runs, so that what they send together leaves together. Linux only.
/// </summary>
internal sealed class EventLoop
{
    [ThreadStatic]
    private static EventLoop? _current;

    private readonly Epoll _epoll = new();
    private readonly Queue<IRunnable> _scheduled = new();
    private readonly ConcurrentQueue<IRunnable> _fromOutside = new();
    private readonly List<Slot> _slots = [];
    private readonly Stack<int> _free = new();
    private readonly BusyShare _busy = new(TimeProvider.System);
    private int _sleeps;
    private volatile bool _stopped;

    /// <param name="name">Of the thread.</param>
    public EventLoop(string name)
    {
        new Thread(Run) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>The loop whose thread this is, or null.</summary>
    public static EventLoop? Current => _current;

    /// <summary>The share of the last moments in which it did not wait for events. Any thread may ask.</summary>
    public double Load => _busy.Share;

    /// <summary>Runs it in a turn to come. Any thread may call this.</summary>
    public void Execute(IRunnable work)
    {
        if (_current == this)
        {
            _scheduled.Enqueue(work);
            return;
        }

        _fromOutside.Enqueue(work);
        Interlocked.MemoryBarrier(); // Either this sees that the loop sleeps, or the loop sees the work.
        if (Volatile.Read(ref _sleeps) == 1 && Interlocked.Exchange(ref _sleeps, 0) == 1)
        {
            _epoll.WakeUp();
        }
    }

    /// <summary>Tells a handler of a socket's readiness from now on; first of what it is ready for already. Only on the loop's thread.</summary>
    /// <param name="socket">Its descriptor; not blocking.</param>
    /// <param name="handler">Told.</param>
    /// <returns>For <see cref="Unregister"/>.</returns>
    public int Register(int socket, ILoopHandler handler)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _slots.Count;
            _slots.Add(default);
        }

        var generation = _slots[slot].Generation;
        _slots[slot] = new Slot(handler, generation);
        _epoll.Watch(socket, KeyOf(slot, generation));
        return slot;
    }

    /// <summary>Tells no more. Before the socket is closed, which makes the kernel forget it. Only on the loop's thread.</summary>
    public void Unregister(int slot)
    {
        _slots[slot] = new Slot(null, _slots[slot].Generation + 1); // What the kernel told of it already finds nobody.
        _free.Push(slot);
    }

    /// <summary>The same of a socket that stays open.</summary>
    public void Unregister(int slot, int socket)
    {
        _epoll.Forget(socket);
        Unregister(slot);
    }

    /// <summary>Ends the thread when its turn is over. Nothing may be registered any more.</summary>
    public void Stop()
    {
        _stopped = true;
        _epoll.WakeUp();
    }

    private static ulong KeyOf(int slot, uint generation) => ((ulong)generation << 32) | (uint)slot;

    private void Run()
    {
        _current = this;
        while (!_stopped)
        {
            RunScheduled();
            var sleep = _scheduled.Count == 0 && BeginSleep();
            if (sleep)
            {
                _busy.End();
            }

            var count = _epoll.Wait(block: sleep);
            if (sleep)
            {
                Interlocked.Exchange(ref _sleeps, 0);
                _busy.Begin();
            }

            for (var i = 0; i < count; i++)
            {
                Tell(_epoll.Event(i));
            }
        }

        _epoll.Dispose();
    }

    /// <summary>What is scheduled meanwhile waits for the next turn, so that sockets have theirs.</summary>
    private void RunScheduled()
    {
        while (_fromOutside.TryDequeue(out var work))
        {
            _scheduled.Enqueue(work);
        }

        for (var left = _scheduled.Count; left > 0; left--)
        {
            _scheduled.Dequeue().Run();
        }
    }

    /// <summary>Whether nothing came from outside before it was seen that the loop sleeps.</summary>
    private bool BeginSleep()
    {
        Interlocked.Exchange(ref _sleeps, 1);
        if (_fromOutside.IsEmpty && !_stopped)
        {
            return true;
        }

        Interlocked.Exchange(ref _sleeps, 0);
        return false;
    }

    private void Tell((uint Events, ulong Key) e)
    {
        if (e.Key == Epoll.WakeUpKey)
        {
            return; // The next turn takes what came from outside.
        }

        var slot = _slots[(int)(uint)e.Key];
        if (slot.Generation == (uint)(e.Key >> 32))
        {
            slot.Handler?.Ready(e.Events);
        }
    }

    private readonly record struct Slot(ILoopHandler? Handler, uint Generation);
}
