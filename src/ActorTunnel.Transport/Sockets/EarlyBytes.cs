using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Transport.Sockets;

/// <summary>
/// What was read from a connection and belongs to whoever comes next. It is either here or with the one reader that took it; after <see cref="Close"/>
/// it goes back to its pool, at once or when the reader brings it. Safe for a reader and an owner on two threads.
/// </summary>
internal sealed class EarlyBytes
{
    private readonly Lock _lock = new();
    private Slice _slice;
    private bool _taken;
    private bool _closed;

    /// <summary>The bytes, perhaps none; the caller owns them and brings back what is left.</summary>
    public Slice Take()
    {
        lock (_lock)
        {
            if (_taken)
            {
                throw new InvalidOperationException("Two readers of one connection.");
            }

            _taken = true;
            var slice = _slice;
            _slice = default;
            return slice;
        }
    }

    /// <summary>Takes the bytes over again.</summary>
    public void Return(Slice slice)
    {
        lock (_lock)
        {
            _taken = false;
            if (!_closed)
            {
                _slice = slice;
                return;
            }
        }

        slice.Dispose();
    }

    /// <summary>Nobody comes next.</summary>
    public void Close()
    {
        Slice slice;
        lock (_lock)
        {
            _closed = true;
            slice = _slice;
            _slice = default;
        }

        slice.Dispose();
    }
}
