using System.Net.Sockets;
using System.Runtime.InteropServices;
using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// Writes a queue of slices to a socket: one directly, several in vectored calls. One write at a time.
/// The writer owns what it writes until the system has taken it, also when its stage stops meanwhile.
/// </summary>
internal sealed class SocketWriter : IDisposable
{
    /// <summary>Slices a call. For more of them .NET allocates two arrays, each time.</summary>
    private const int MaxVector = 8;

    private const int Idle = 0;
    private const int Busy = 1;
    private const int Abandoned = 2;

    private readonly Socket _socket;
    private readonly IWakeable _stage;
    private readonly SliceQueue _inFlight = new();
    private readonly List<ArraySegment<byte>> _segments = [];
    private SocketAsyncEventArgs? _args;
    private SocketError _result;
    private int _state;

    public SocketWriter(Socket socket, IWakeable stage)
    {
        _socket = socket;
        _stage = stage;
    }

    /// <summary>Whether a write is under way that will wake the stage.</summary>
    public bool IsBusy => Volatile.Read(ref _state) == Busy;

    /// <summary>
    /// Takes the slices over and writes all of them. True: done, see <see cref="Result"/>. False: the stage is woken when it is.
    /// </summary>
    public bool Write(SliceQueue slices)
    {
        slices.MoveTo(_inFlight);
        Volatile.Write(ref _state, Busy);
        if (_inFlight.Count <= 1 ? !WriteFirst() : !WriteVectors())
        {
            return false;
        }

        Volatile.Write(ref _state, Idle);
        return true;
    }

    /// <summary>How the last write ended.</summary>
    public SocketError Result => _result;

    /// <summary>Gives everything back: at once, or when the write under way has ended. The socket must be closed before.</summary>
    public void Dispose()
    {
        if (Interlocked.CompareExchange(ref _state, Abandoned, Busy) == Idle)
        {
            Release();
            _args?.Dispose();
        }
    }

    private bool WriteFirst()
    {
        if (!_inFlight.TryDequeue(out var slice))
        {
            return Done(SocketError.Success);
        }

        int sent;
        SocketError error;
        try
        {
            sent = _socket.Send(slice.Span, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            // Its owner reset the connection while its stage was starting.
            slice.Dispose();
            return Done(SocketError.OperationAborted);
        }

        if (error == SocketError.Success && sent == slice.Length)
        {
            slice.Dispose();
            return Done(SocketError.Success);
        }

        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.IOPending))
        {
            slice.Dispose();
            return Done(error);
        }

        slice = slice.Skip(Math.Max(sent, 0));
        _inFlight.Enqueue(slice);
        var args = Args();
        args.SetBuffer(slice.Memory);
        return Start(args);
    }

    /// <summary>Goes on with what is in flight. True: it is over. False: a call is under way, whose completion goes on.</summary>
    private bool WriteVectors()
    {
        do
        {
            for (var i = 0; i < _inFlight.Count && i < MaxVector; i++)
            {
                if (MemoryMarshal.TryGetArray<byte>(_inFlight[i].Memory, out var segment))
                {
                    _segments.Add(segment);
                }
            }

            var args = Args();
            args.SetBuffer(null);
            args.BufferList = _segments;
            if (!Start(args))
            {
                return false;
            }
        }
        while (HasMore);

        return true;
    }

    private SocketAsyncEventArgs Args()
    {
        if (_args is null)
        {
            _args = new SocketAsyncEventArgs();
            _args.Completed += (_, _) => OnCompleted();
        }
        else if (_args.BufferList is not null)
        {
            _args.BufferList = null;
        }

        return _args;
    }

    private bool Start(SocketAsyncEventArgs args)
    {
        try
        {
            if (_socket.SendAsync(args))
            {
                return false;
            }
        }
        catch (ObjectDisposedException)
        {
            // The stage closed the socket, in this same turn or before the next vector.
            return Done(SocketError.OperationAborted);
        }

        return Done(args.SocketError);
    }

    private bool HasMore => _result == SocketError.Success && !_inFlight.IsEmpty;

    private bool Done(SocketError error)
    {
        _result = error;
        ReleaseWritten();
        return true;
    }

    private void OnCompleted()
    {
        Done(_args!.SocketError);
        if (HasMore && !WriteVectors())
        {
            return;
        }

        // Result and buffers first: once the state is Idle, the stage may write again.
        if (Interlocked.CompareExchange(ref _state, Idle, Busy) == Busy)
        {
            _stage.Wake();
        }
        else
        {
            _args.Dispose();
        }
    }

    /// <summary>Gives back what the last call wrote; after an error, all there is.</summary>
    private void ReleaseWritten()
    {
        if (_result != SocketError.Success || _segments.Count == 0)
        {
            Release();
            return;
        }

        for (var i = 0; i < _segments.Count && _inFlight.TryDequeue(out var slice); i++)
        {
            slice.Dispose();
        }

        _segments.Clear();
    }

    private void Release()
    {
        _inFlight.Clear();
        _segments.Clear();
    }
}
