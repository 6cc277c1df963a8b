using System.Net.Sockets;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>Accepts for the stage of a listening socket, one connection at a time. Only the stage uses it.</summary>
internal abstract class Acceptor : IDisposable
{
    /// <summary>Whether the stage is going to be woken.</summary>
    public abstract bool IsWaiting { get; }

    /// <summary>How the last accept ended.</summary>
    public abstract SocketError Result { get; }

    /// <summary>That of the event loop that the caller runs on, or .NET's where it runs on none.</summary>
    /// <param name="listener">Listens; the caller closes it.</param>
    /// <param name="stage">Woken.</param>
    public static Acceptor For(Socket listener, IWakeable stage) =>
        (EventLoop.Current is { } loop ? LoopAcceptor.TryCreate(loop, listener, stage) : null) ?? (Acceptor)new AsyncAcceptor(listener, stage);

    /// <summary>Accepts one. True: done, see <see cref="Result"/>. False: the stage is woken when it is.</summary>
    public abstract bool Accept();

    /// <summary>The accepted socket, which is the caller's then; only once, and only behind a success.</summary>
    public abstract Socket Take();

    /// <summary>Closes what was accepted and not taken, now or later.</summary>
    public abstract void Dispose();
}
