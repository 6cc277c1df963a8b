using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Akka.Dispatch;

namespace ActorTunnel.Transport.Loops;

/// <summary>Who is told that a socket became ready.</summary>
internal interface ILoopHandler
{
    /// <summary>On the loop's thread: what the socket is ready for by now, in terms of <see cref="Epoll"/>; 0: the loop ends, and tells no more.</summary>
    void Ready(uint events);
}

/// <summary>
/// One thread that runs actors and learns from the kernel which of their sockets are ready. What goes from a socket through the actors of one loop to another socket needs no other
/// thread, and no system call but those that read and write.
/// <code>
///   turn: run what is scheduled ──▶ ask the kernel; where nothing is scheduled, ask for a while and then sleep ──▶ tell handlers ──▶ next turn
/// </code>
/// Whatever became ready at one time is told before any actor runs, so that what they send together leaves together. Linux only.
/// </summary>
internal sealed class EventLoop
{
    private const int Awake = 0;
    private const int Asleep = 1;
    private const int Over = 2;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly Epoll _epoll = new();
    private readonly Queue<IRunnable> _scheduled = new();
    private readonly ConcurrentQueue<IRunnable> _fromOutside = new();
    private readonly List<Slot> _slots = [];
    private readonly Stack<int> _free = new();
    private readonly BusyShare _busy;
    private readonly LoopPatience _patience;
    private int _state;
    private int _becameReady;
    private volatile bool _stopped;

    /// <param name="name">Of the thread.</param>
    /// <param name="polling">How long it asks before it sleeps.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public EventLoop(string name, TimeSpan polling, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        _busy = new BusyShare(time);
        _patience = new LoopPatience(polling, time);
        new Thread(Run) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>The loop whose thread this is, or null.</summary>
    public static EventLoop? Current => _current;

    /// <summary>The share of the last moments in which it had something to do. Any thread may ask.</summary>
    public double Load => _busy.Share;

    /// <summary>Sockets that became ready in the last turn. Any thread may ask.</summary>
    public int BecameReady => Volatile.Read(ref _becameReady);

    /// <summary>Runs it in a turn to come, or by the thread pool where the loop is over. Any thread may call this.</summary>
    public void Execute(IRunnable work)
    {
        if (_current == this)
        {
            _scheduled.Enqueue(work);
            return;
        }

        _fromOutside.Enqueue(work);
        Interlocked.MemoryBarrier(); // Either this sees that the loop sleeps or is over, or the loop sees the work.
        var state = Volatile.Read(ref _state);
        if (state == Over)
        {
            LeaveToThePool();
        }
        else if (state == Asleep && Interlocked.CompareExchange(ref _state, Awake, Asleep) == Asleep)
        {
            _epoll.WakeUp();
        }
    }

    /// <summary>Tells a handler of a socket's readiness from now on; first of what it is ready for already. Only on the loop's thread.</summary>
    /// <param name="socket">Not blocking.</param>
    /// <param name="handler">Told.</param>
    /// <param name="slot">For <see cref="Unregister(int)"/>.</param>
    /// <returns>False where the loop is over or the system cannot watch it, and nobody will be told.</returns>
    public bool TryRegister(SafeHandle socket, ILoopHandler handler, out int slot)
    {
        slot = -1;
        if (_state == Over)
        {
            return false;
        }

        if (!_free.TryPop(out slot))
        {
            slot = _slots.Count;
            _slots.Add(default);
        }

        var generation = _slots[slot].Generation;
        _slots[slot] = new Slot(handler, generation);
        if (_epoll.TryWatch(socket, KeyOf(slot, generation)))
        {
            return true;
        }

        Unregister(slot);
        return false;
    }

    /// <summary>Tells no more. Before the socket is closed, which makes the kernel forget it. Only on the loop's thread.</summary>
    public void Unregister(int slot)
    {
        _slots[slot] = new Slot(null, _slots[slot].Generation + 1); // What the kernel told of it already finds nobody.
        _free.Push(slot);
    }

    /// <summary>The same of a socket that stays open.</summary>
    public void Unregister(int slot, SafeHandle socket)
    {
        _epoll.Forget(socket);
        Unregister(slot);
    }

    /// <summary>Ends the thread when its turn is over, after the graphs that run on it. Who still waits is told.</summary>
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
            var count = _scheduled.Count > 0 ? _epoll.Wait(block: false) : Rest();
            Volatile.Write(ref _becameReady, count);
            for (var i = 0; i < count; i++)
            {
                Tell(_epoll.Event(i));
            }
        }

        End();
    }

    /// <summary>Until there is something to do. Returns how many sockets became ready.</summary>
    private int Rest()
    {
        _busy.End();
        _patience.Begin();
        var count = 0;
        while (_patience.Asks && _fromOutside.IsEmpty && !_stopped && (count = _epoll.Wait(block: false)) == 0)
        {
            Thread.Yield(); // Whom the next event comes from may need this processor.
        }

        if (count == 0 && BeginSleep())
        {
            count = _epoll.Wait(block: true);
            Interlocked.Exchange(ref _state, Awake);
        }

        _patience.End();
        _busy.Begin();
        return count;
    }

    private void End()
    {
        for (var slot = 0; slot < _slots.Count; slot++)
        {
            _slots[slot].Handler?.Ready(0);
        }

        while (_scheduled.TryDequeue(out var work))
        {
            _fromOutside.Enqueue(work);
        }

        Interlocked.Exchange(ref _state, Over); // Either this is seen by who gives work, or its work is seen here.
        LeaveToThePool();
        _epoll.Dispose();
    }

    private void LeaveToThePool()
    {
        while (_fromOutside.TryDequeue(out var work))
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
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
        Interlocked.Exchange(ref _state, Asleep);
        if (_fromOutside.IsEmpty && !_stopped)
        {
            return true;
        }

        Interlocked.Exchange(ref _state, Awake);
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
