using System.Net.Sockets;

namespace ActorTunnel.Transport.Sockets;

/// <summary>Accepts by the asynchronous call of .NET, on any system and any thread.</summary>
internal sealed class AsyncAcceptor : Acceptor
{
    private readonly Socket _listener;
    private readonly SocketAsyncEventArgs _args = new();
    private readonly IWakeable _stage;
    private int _waits;
    private int _stopped;

    public AsyncAcceptor(Socket listener, IWakeable stage)
    {
        _listener = listener;
        _stage = stage;
        _args.Completed += (_, _) => Accepted();
    }

    public override bool IsWaiting => Volatile.Read(ref _waits) == 1;

    public override SocketError Result => _args.SocketError;

    public override bool Accept()
    {
        Volatile.Write(ref _waits, 1);
        if (_listener.AcceptAsync(_args))
        {
            return false;
        }

        Volatile.Write(ref _waits, 0);
        return true;
    }

    public override Socket Take()
    {
        var accepted = _args.AcceptSocket!;
        _args.AcceptSocket = null;
        return accepted;
    }

    public override void Dispose()
    {
        Volatile.Write(ref _stopped, 1);
        if (!IsWaiting)
        {
            _args.AcceptSocket?.Dispose(); // Accepted, but nobody will take it.
            _args.Dispose();
        }
    }

    /// <summary>On a thread of the runtime. A connection that comes after the stop is closed here.</summary>
    private void Accepted()
    {
        Volatile.Write(ref _waits, 0);
        if (Volatile.Read(ref _stopped) == 1)
        {
            _args.AcceptSocket?.Dispose();
        }
        else
        {
            _stage.Wake();
        }
    }
}
