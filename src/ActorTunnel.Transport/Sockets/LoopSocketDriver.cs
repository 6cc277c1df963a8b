using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// Waits by an event loop, on whose thread everything here happens. The kernel tells each change once, so what it told is kept until a read or a write finds that it is over.
/// <code>
///   read:   Ready ──drained, or read short where neither an end nor an urgent byte was told──▶ NotReady ──bytes, an end──▶ Ready (the stage is woken where it waits)
///   write:  Idle ──Write, all taken──▶ Idle      Idle ──Write, the system takes no more──▶ Writing ──room──▶ goes on ──all taken, failed──▶ Idle (the stage is woken)
/// </code>
/// </summary>
internal sealed class LoopSocketDriver : SocketDriver, ILoopHandler
{
    private readonly EventLoop _loop;
    private readonly Socket _socket;
    private readonly IWakeable _stage;
    private readonly SliceQueue _inFlight = new(1);
    private int _slot;
    private bool _isReadable = true;
    private bool _maybeMore;
    private bool _isWaiting;
    private bool _isWriting;
    private SocketError _result;

    private LoopSocketDriver(EventLoop loop, Socket socket, IWakeable stage)
    {
        _loop = loop;
        _socket = socket;
        _stage = stage;
    }

    public override bool IsWaiting => _isWaiting;

    public override SocketError WaitResult => SocketError.Success; // What broke the connection, the read will say.

    public override bool IsWriting => _isWriting;

    public override SocketError WriteResult => _result;

    /// <summary>Null where the socket was closed by its owner meanwhile, or the system has no memory to watch it.</summary>
    public static LoopSocketDriver? TryCreate(EventLoop loop, Socket socket, IWakeable stage)
    {
        var driver = new LoopSocketDriver(loop, socket, stage);
        return loop.TryRegister(socket.SafeHandle, driver, out driver._slot) ? driver : null;
    }

    public override SocketError WaitReadable()
    {
        if (_isReadable)
        {
            return SocketError.Success;
        }

        _isWaiting = true;
        return SocketError.IOPending;
    }

    public override void ReadShort() => _isReadable = _maybeMore;

    public override void Drained() => _isReadable = false;

    public override bool Write(SliceQueue slices)
    {
        slices.MoveTo(_inFlight);
        _isWriting = !GoOn();
        return !_isWriting;
    }

    public void Ready(uint events)
    {
        _maybeMore |= (events & (Epoll.Ended | Epoll.Urgent)) != 0; // From here on a short read proves nothing: an end was told once, and urgent bytes cut reads.
        var wakes = false;
        if ((events & (Epoll.Readable | Epoll.Ended)) != 0)
        {
            _isReadable = true;
            wakes = _isWaiting;
            _isWaiting = false;
        }

        if (_isWriting && (events & (Epoll.Writable | Epoll.Ended)) != 0 && GoOn())
        {
            _isWriting = false;
            wakes = true;
        }

        if (wakes)
        {
            _stage.Wake();
        }
    }

    public override void Dispose()
    {
        _loop.Unregister(_slot);
        _isWriting = false;
        _inFlight.Clear();
    }

    /// <summary>Writes as long as the system takes anything. True: it is over.</summary>
    private bool GoOn()
    {
        try
        {
            while (!_inFlight.IsEmpty)
            {
                if (_inFlight[0].IsEmpty)
                {
                    _inFlight.TryDequeue(out var nothing); // Nothing sent is what a full socket says.
                    nothing.Dispose();
                    continue;
                }

                var sent = LinuxSocket.Send(_socket.SafeHandle, _inFlight, out _result);
                if (_result == SocketError.WouldBlock)
                {
                    return false;
                }

                if (_result != SocketError.Success)
                {
                    _inFlight.Clear();
                    return true;
                }

                Taken(sent);
            }

            _result = SocketError.Success;
            return true;
        }
        catch (ObjectDisposedException)
        {
            // Its owner reset the connection while its stage was starting.
            _inFlight.Clear();
            _result = SocketError.OperationAborted;
            return true;
        }
    }

    private void Taken(int bytes)
    {
        while (bytes > 0 && _inFlight.TryDequeue(bytes, out var slice))
        {
            bytes -= slice.Length;
            slice.Dispose();
        }
    }
}
