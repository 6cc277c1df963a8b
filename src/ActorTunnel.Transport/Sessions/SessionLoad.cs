using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sessions;

/// <summary>How busy a session is, of which a new tunnel would have to wait for its turn. The session's stage writes, any thread reads.</summary>
public sealed class SessionLoad
{
    /// <summary>From here on output waits for the connection more often than not, which is what a tunnel of bulk makes of it.</summary>
    private const double BusyWriter = 0.5;

    /// <summary>From here on the event loop has hardly a moment left.</summary>
    private const double BusyLoop = 0.9;

    private readonly BusyShare _writer;
    private EventLoop? _loop;

    internal SessionLoad(TimeProvider time)
    {
        _writer = new BusyShare(time);
    }

    /// <summary>Whether a tunnel is better off with another session.</summary>
    public bool IsBusy => _writer.Share >= BusyWriter || Volatile.Read(ref _loop)?.Load >= BusyLoop;

    /// <summary>The stage runs, on a loop or on none.</summary>
    internal void RunsOn(EventLoop? loop) => Volatile.Write(ref _loop, loop);

    /// <summary>Output was handed to the connection.</summary>
    internal void Handed() => _writer.Begin();

    /// <summary>The connection took all of it.</summary>
    internal void Taken() => _writer.End();
}
