using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// What the stage of a connection leaves to others: to wait until the socket can be read, and to write all of a queue of slices. One wait and one write at a time; each wakes the stage
/// when it is over. The driver owns what it writes until the system has taken it. Only the stage uses it.
/// </summary>
internal abstract class SocketDriver : IDisposable
{
    /// <summary>Whether a wait is under way.</summary>
    public abstract bool IsWaiting { get; }

    /// <summary>How the last wait ended.</summary>
    public abstract SocketError WaitResult { get; }

    /// <summary>Whether a write is under way.</summary>
    public abstract bool IsWriting { get; }

    /// <summary>How the last write ended.</summary>
    public abstract SocketError WriteResult { get; }

    /// <summary>The driver for who asks: that of the event loop that the caller runs on, or .NET's where it runs on none. Null where the socket was closed meanwhile, or cannot be watched.</summary>
    public static SocketDriver? For(Socket socket, IWakeable stage) =>
        EventLoop.Current is { } loop ? LoopSocketDriver.TryCreate(loop, socket, stage) : new AsyncSocketDriver(socket, stage);

    /// <summary>
    /// Waits for bytes or an end. <see cref="SocketError.Success"/>: there may be some already; <see cref="SocketError.IOPending"/>: the stage is woken when there are; else the
    /// connection is broken.
    /// </summary>
    public abstract SocketError WaitReadable();

    /// <summary>A read brought less than it had room for.</summary>
    public abstract void ReadShort();

    /// <summary>A read found nothing, not even an end.</summary>
    public abstract void Drained();

    /// <summary>Takes the slices over and writes all of them. True: done, see <see cref="WriteResult"/>. False: the stage is woken when it is.</summary>
    public abstract bool Write(SliceQueue slices);

    /// <summary>Gives everything back: at once, or when the write under way has ended. The socket must be closed before.</summary>
    public abstract void Dispose();
}
