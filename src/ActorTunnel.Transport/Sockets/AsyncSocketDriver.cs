using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Transport.Sockets;

/// <summary>Waits and writes by the asynchronous calls of .NET, on any system and any thread.</summary>
internal sealed class AsyncSocketDriver : SocketDriver
{
    private readonly Socket _socket;
    private readonly SocketWriter _writer;
    private readonly SocketAsyncEventArgs _readable = new();
    private int _waits;

    public AsyncSocketDriver(Socket socket, IWakeable stage)
    {
        _socket = socket;
        _writer = new SocketWriter(socket, stage);
        _readable.SetBuffer(Memory<byte>.Empty);
        _readable.Completed += (_, _) =>
        {
            Volatile.Write(ref _waits, 0);
            stage.Wake();
        };
    }

    public override bool IsWaiting => Volatile.Read(ref _waits) == 1;

    public override SocketError WaitResult => _readable.SocketError;

    public override bool IsWriting => _writer.IsBusy;

    public override SocketError WriteResult => _writer.Result;

    /// <remarks>The wait peeks, which takes the report of a reset: a receive after it would return 0 as if the peer had ended cleanly.</remarks>
    public override SocketError WaitReadable()
    {
        Volatile.Write(ref _waits, 1);
        try
        {
            if (_socket.ReceiveAsync(_readable))
            {
                return SocketError.IOPending;
            }
        }
        catch (ObjectDisposedException)
        {
            // Disposed by an abort in this same turn, or reset by its owner while the stage was starting.
            Volatile.Write(ref _waits, 0);
            return SocketError.OperationAborted;
        }

        Volatile.Write(ref _waits, 0);
        return _readable.SocketError;
    }

    public override void ReadShort()
    {
    }

    public override void Drained()
    {
    }

    public override bool Write(SliceQueue slices) => _writer.Write(slices);

    public override void Dispose()
    {
        _writer.Dispose();
        if (!IsWaiting)
        {
            _readable.Dispose(); // Else the runtime still refers to it, until the closed socket completes it.
        }
    }
}
