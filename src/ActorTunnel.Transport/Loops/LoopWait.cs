using System.Net.Sockets;
using Akka.Dispatch;

namespace ActorTunnel.Transport.Loops;

/// <summary>
/// One wait of a task until a socket is ready, by an event loop, on whose thread the task goes on. Afterwards the kernel knows nothing of the socket any more, so that whoever carries it on is the only one to be woken by it.
/// </summary>
internal sealed class LoopWait : ILoopHandler, IRunnable
{
    private readonly TaskCompletionSource<bool> _result = new();
    private readonly EventLoop _loop;
    private readonly SafeSocketHandle _socket;
    private readonly uint _events;
    private volatile bool _isCancelled;
    private int? _slot;

    private LoopWait(EventLoop loop, SafeSocketHandle socket, uint events)
    {
        _loop = loop;
        _socket = socket;
        _events = events;
    }

    /// <summary>True: the socket is ready, or has ended. False: the wait was cancelled, the socket was closed before, or the loop waits for none.</summary>
    public Task<bool> Result => _result.Task;

    /// <summary>Waits until the socket can be read. Any thread may call this.</summary>
    public static LoopWait Readable(EventLoop loop, SafeSocketHandle socket) => Begin(new LoopWait(loop, socket, Epoll.Readable));

    /// <summary>Waits until the socket can be written, which is also when a connect is over.</summary>
    /// <inheritdoc cref="Readable"/>
    public static LoopWait Writable(EventLoop loop, SafeSocketHandle socket) => Begin(new LoopWait(loop, socket, Epoll.Writable));

    /// <summary>The result, or false where it is cancelled before there is one.</summary>
    public async Task<bool> ResultAsync(CancellationToken cancellation)
    {
        await using (cancellation.UnsafeRegister(static state => ((LoopWait)state!).Cancel(), this).ConfigureAwait(false))
        {
            return await _result.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Nobody needs the result any more. Before the socket is closed. Any thread may call this.</summary>
    public void Cancel()
    {
        _isCancelled = true;
        _loop.Execute(this);
    }

    /// <summary>Begins, or ends where it was cancelled.</summary>
    public void Run()
    {
        if (_isCancelled || !_loop.TryRegister(_socket, this, out var slot))
        {
            End(false);
        }
        else
        {
            _slot = slot;
        }
    }

    public void Execute() => Run();

    public void Ready(uint events)
    {
        var ready = (events & (_events | Epoll.Ended)) != 0;
        if (ready || events == 0)
        {
            End(ready);
        }
    }

    private static LoopWait Begin(LoopWait wait)
    {
        wait._loop.Execute(wait);
        return wait;
    }

    private void End(bool ready)
    {
        if (_slot is { } slot)
        {
            _loop.Unregister(slot, _socket);
            _slot = null;
        }

        _result.TrySetResult(ready);
    }
}
