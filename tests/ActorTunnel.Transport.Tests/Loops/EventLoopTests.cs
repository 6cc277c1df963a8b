using System.Collections.Concurrent;
using System.Net.Sockets;
using ActorTunnel.TestSupport;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Loops;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Transport.Tests.Loops;

public abstract class EventLoopTests(TimeSpan polling) : IDisposable
{
    private const int Many = 10_000;

    private readonly EventLoop? _loop = OperatingSystem.IsLinux() ? new EventLoop("loop", polling) : null;

    private EventLoop Loop => _loop!;

    public void Dispose() => _loop?.Stop();

    [LinuxFact]
    public void Work_from_outside_runs_in_order_on_the_loops_thread()
    {
        var order = new ConcurrentQueue<(int, EventLoop?)>();
        for (var i = 0; i < 100; i++)
        {
            var number = i;
            Loop.Execute(new LoopRun(() => order.Enqueue((number, EventLoop.Current))));
        }

        LoopRun.On(Loop, static () => { });

        Assert.Equal(Enumerable.Range(0, 100).Select(number => (number, _loop)), order);
        Assert.Null(EventLoop.Current);
    }

    [LinuxFact]
    public void Work_from_inside_runs_behind_the_work_that_gave_it_and_in_order()
    {
        var order = new ConcurrentQueue<string>();
        LoopRun.On(Loop, () =>
        {
            Loop.Execute(new LoopRun(() =>
            {
                order.Enqueue("first");
                Loop.Execute(new LoopRun(() => order.Enqueue("of the first")));
            }));
            Loop.Execute(new LoopRun(() => order.Enqueue("second")));
            order.Enqueue("outer");
        });

        Assert.True(SpinWait.SpinUntil(() => order.Count == 4, StageTest.Patience));
        Assert.Equal(["outer", "first", "second", "of the first"], order);
    }

    /// <summary>Each time it is just about to sleep, or has begun to.</summary>
    [LinuxFact]
    public void A_loop_that_sleeps_is_woken()
    {
        var runs = 0;
        var work = new LoopRun(() => Interlocked.Increment(ref runs));
        for (var i = 1; i <= 10 * Many; i++)
        {
            Loop.Execute(work);
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref runs) == i, StageTest.Patience), "the loop sleeps");
        }
    }

    [LinuxFact]
    public void Nothing_that_threads_give_at_once_is_lost()
    {
        var runs = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < Many; i++)
            {
                Loop.Execute(new LoopRun(() => runs++));
            }
        })).ToArray();
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());

        LoopRun.On(Loop, () => Assert.Equal(4 * Many, runs));
    }

    [LinuxFact]
    public void A_loop_that_has_work_without_end_hears_of_its_sockets()
    {
        using var pair = SocketPair.Create();
        using var ours = pair.Ours;
        var handler = new HandlerOf();
        LoopRun? again = null;
        again = new LoopRun(() =>
        {
            if (!handler.IsReadable)
            {
                Loop.Execute(again!);
            }
        });
        LoopRun.On(Loop, () => Register(ours, handler));
        Loop.Execute(again);
        pair.Peer.Send([1]);

        Assert.True(SpinWait.SpinUntil(() => handler.IsReadable, StageTest.Patience));
    }

    [LinuxFact]
    public void What_a_socket_is_ready_for_already_is_told_and_then_each_change()
    {
        using var pair = SocketPair.Create();
        using var ours = pair.Ours;
        var handler = new HandlerOf();
        pair.Peer.Send([1]);
        Assert.True(ours.Poll(StageTest.Patience, SelectMode.SelectRead));
        LoopRun.On(Loop, () => Register(ours, handler));
        Assert.True(SpinWait.SpinUntil(() => handler.Told is [Epoll.Readable | Epoll.Writable], StageTest.Patience));

        pair.Peer.Send([2]);
        Assert.True(SpinWait.SpinUntil(() => handler.Told.Length == 2, StageTest.Patience));

        pair.Peer.SendFin();
        Assert.True(SpinWait.SpinUntil(() => (handler.Told[^1] & Epoll.Ended) != 0, StageTest.Patience));
    }

    /// <summary>The kernel has told of two sockets at once. Who hears of his first closes the other one, whose place and descriptor are then a third one's.</summary>
    [LinuxFact]
    public void An_event_of_a_socket_that_was_closed_meanwhile_reaches_nobody()
    {
        SocketPair[] pairs = [SocketPair.Create(), SocketPair.Create()];
        var slots = new int[3];
        Socket? third = null;
        var thirds = new HandlerOf();
        var handlers = new HandlerOf[2];
        for (var i = 0; i < 2; i++)
        {
            var other = 1 - i;
            pairs[i].Peer.Send([1]);
            Assert.True(pairs[i].Ours.Poll(StageTest.Patience, SelectMode.SelectRead));
            handlers[i] = new HandlerOf(() =>
            {
                Loop.Unregister(slots[other]);
                pairs[other].Ours.Dispose();
                third = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                slots[2] = Register(third, thirds);
            });
        }

        LoopRun.On(Loop, () =>
        {
            slots[0] = Register(pairs[0].Ours, handlers[0]);
            slots[1] = Register(pairs[1].Ours, handlers[1]);
        });
        Assert.True(SpinWait.SpinUntil(() => thirds.Told.Length > 0, StageTest.Patience)); // Of itself: it is not connected.

        Assert.Single(handlers.SelectMany(static handler => handler.Told));
        Assert.False(thirds.IsReadable);
        Assert.Contains(slots[2], slots[..2]);
        third!.Dispose();
        Array.ForEach(pairs, static pair =>
        {
            pair.Ours.Dispose();
            pair.Dispose();
        });
    }

    [LinuxFact]
    public void What_the_kernel_does_not_watch_is_not_registered_and_holds_no_place()
    {
        using var pair = SocketPair.Create();
        using var ours = pair.Ours;
        LoopRun.On(Loop, () =>
        {
            Assert.False(Loop.TryRegister(new SafeSocketHandle(-1, ownsHandle: false), new HandlerOf(), out var slot));
            Assert.Equal(slot, Register(ours, new HandlerOf()));
        });
    }

    [LinuxFact]
    public void A_stop_ends_the_thread_when_all_was_run_that_was_given_before()
    {
        Thread? thread = null;
        LoopRun.On(Loop, () => thread = Thread.CurrentThread);
        var runs = 0;
        using var begun = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        Loop.Execute(new LoopRun(() =>
        {
            begun.Set();
            held.Wait();
        }));
        Assert.True(begun.Wait(StageTest.Patience));
        for (var i = 0; i < Many; i++)
        {
            Loop.Execute(new LoopRun(() => Interlocked.Increment(ref runs)));
        }

        Loop.Stop();
        held.Set();

        Assert.True(thread!.Join(StageTest.Patience));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref runs) == Many, StageTest.Patience));
    }

    [LinuxFact]
    public void What_comes_after_the_stop_is_run_by_the_thread_pool()
    {
        Stop();
        LoopRun.On(Loop, static () => Assert.True(Thread.CurrentThread.IsThreadPoolThread));
    }

    private void Stop()
    {
        Thread? thread = null;
        LoopRun.On(Loop, () => thread = Thread.CurrentThread);
        Loop.Stop();
        Assert.True(thread!.Join(StageTest.Patience));
    }

    private int Register(Socket socket, ILoopHandler handler)
    {
        Assert.True(Loop.TryRegister(socket.SafeHandle, handler, out var slot));
        return slot;
    }
}

/// <summary>Loops that sleep at once where they have nothing to do.</summary>
public sealed class SleepingEventLoopTests() : EventLoopTests(TimeSpan.Zero);

/// <summary>Loops that ask for so long that they hardly sleep.</summary>
public sealed class AskingEventLoopTests() : EventLoopTests(TimeSpan.FromSeconds(10))
{
    /// <summary>Who looks for the loop with the least to do must not pass it by.</summary>
    [LinuxFact]
    public void To_ask_is_no_load()
    {
        var time = new FakeTimeProvider();
        var loop = new EventLoop("loop", TimeSpan.FromSeconds(10), time);
        LoopRun.On(loop, static () => { });
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.True(SpinWait.SpinUntil(() => loop.Load == 0, StageTest.Patience));
        loop.Stop();
    }
}
