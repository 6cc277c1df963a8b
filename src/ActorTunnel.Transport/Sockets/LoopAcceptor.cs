using System.Net.Sockets;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>Accepts by an event loop, on whose thread everything here happens. Accepted sockets do not block.</summary>
internal sealed class LoopAcceptor : Acceptor, ILoopHandler
{
    private readonly EventLoop _loop;
    private readonly IWakeable _stage;
    private readonly SafeSocketHandle _listener;
    private int _slot;
    private Socket? _accepted;
    private SocketError _result;
    private bool _isWaiting;

    private LoopAcceptor(EventLoop loop, SafeSocketHandle listener, IWakeable stage)
    {
        _loop = loop;
        _stage = stage;
        _listener = listener;
    }

    public override bool IsWaiting => _isWaiting;

    public override SocketError Result => _result;

    /// <summary>Null where the system cannot watch the socket.</summary>
    public static LoopAcceptor? TryCreate(EventLoop loop, Socket listener, IWakeable stage)
    {
        listener.Blocking = false;
        var acceptor = new LoopAcceptor(loop, listener.SafeHandle, stage);
        return loop.TryRegister(listener.SafeHandle, acceptor, out acceptor._slot) ? acceptor : null;
    }

    public override bool Accept()
    {
        if (LinuxSocket.Accept(_listener, out _result) is { } handle)
        {
            try
            {
                _accepted = new Socket(handle) { Blocking = false }; // .NET does not ask the kernel for that.
            }
            catch (SocketException e)
            {
                // .NET asks for the ends of the connection, which the system may refuse; on the loop's thread nobody else would catch it.
                handle.Dispose();
                _result = e.SocketErrorCode;
            }
        }

        return !(_isWaiting = _result == SocketError.WouldBlock);
    }

    public override Socket Take()
    {
        var accepted = _accepted!;
        _accepted = null;
        return accepted;
    }

    public void Ready(uint events)
    {
        if (_isWaiting && Accept())
        {
            _stage.Wake();
        }
    }

    public override void Dispose()
    {
        _loop.Unregister(_slot);
        _accepted?.Dispose(); // Accepted, but nobody will take it.
    }
}
