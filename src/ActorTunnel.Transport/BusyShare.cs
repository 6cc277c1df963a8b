namespace ActorTunnel.Transport;

/// <summary>
/// The share of the last moments in which something was busy. One thread says when it begins and ends, any thread asks.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class BusyShare(TimeProvider time)
{
    /// <summary>What one share is taken of: long enough to mean something, short enough for who decides by it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    /// <summary>Without a window that ended it is busy all the time, or not at all.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(1);

    private const long Calm = -1;

    private long _windowBegan = time.GetTimestamp();
    private long _busySince = Calm;
    private long _busy;
    private double _share;

    /// <summary>From 0 to 1.</summary>
    public double Share
    {
        get
        {
            if (time.GetElapsedTime(Volatile.Read(ref _windowBegan)) < Stale)
            {
                return Volatile.Read(ref _share);
            }

            var since = Volatile.Read(ref _busySince);
            return since == Calm || time.GetElapsedTime(since) < Window ? 0 : 1;
        }
    }

    /// <summary>Busy from here on; nothing changes where it is already.</summary>
    public void Begin()
    {
        if (_busySince == Calm)
        {
            Volatile.Write(ref _busySince, time.GetTimestamp());
        }
    }

    /// <summary>Calm from here on; nothing changes where it is already.</summary>
    public void End()
    {
        if (_busySince == Calm)
        {
            return;
        }

        var now = time.GetTimestamp();
        var began = Math.Max(_busySince, _windowBegan);
        _busy += now - began;
        Volatile.Write(ref _busySince, Calm);
        var elapsed = now - _windowBegan;
        if (time.GetElapsedTime(_windowBegan, now) >= Window)
        {
            Volatile.Write(ref _share, Math.Min(1, _busy / (double)elapsed));
            Volatile.Write(ref _windowBegan, now);
            _busy = 0;
        }
    }
}
