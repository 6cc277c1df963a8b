using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Tests.Loops;

/// <summary>Remembers what it was told, and does something about it.</summary>
internal sealed class HandlerOf(Action? action = null) : ILoopHandler
{
    private readonly Lock _gate = new();
    private readonly List<uint> _told = [];

    public uint[] Told
    {
        get
        {
            lock (_gate)
            {
                return [.. _told];
            }
        }
    }

    /// <summary>Whether it was told of bytes.</summary>
    public bool IsReadable => Told.Any(static events => (events & Epoll.Readable) != 0);

    public void Ready(uint events)
    {
        lock (_gate)
        {
            _told.Add(events);
        }

        action?.Invoke();
    }
}
