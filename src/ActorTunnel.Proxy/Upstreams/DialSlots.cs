namespace ActorTunnel.Proxy.Upstreams;

/// <summary>How many dials may be under way at once, first come first served. Safe for any number of threads.</summary>
internal sealed class DialSlots
{
    private readonly int _count;
    private readonly SemaphoreSlim _slots;
    private readonly TimeSpan _wait;

    /// <param name="limit">The name of the limit, for counters.</param>
    /// <param name="slots">Dials at once, 1 or more.</param>
    /// <param name="wait">Longest wait for a slot.</param>
    public DialSlots(string limit, int slots, TimeSpan wait)
    {
        Limit = limit;
        _count = slots;
        _slots = new SemaphoreSlim(slots);
        _wait = wait;
    }

    /// <summary>The limit's name.</summary>
    public string Limit { get; }

    /// <summary>Dials under way, 0 or more.</summary>
    public int InUse => _count - _slots.CurrentCount;

    /// <summary>Takes a slot, or says after the longest wait that there was none.</summary>
    public Task<bool> EnterAsync() => _slots.WaitAsync(_wait);

    /// <summary>Gives a slot back, once the dial has really ended.</summary>
    public void Leave() => _slots.Release();
}
