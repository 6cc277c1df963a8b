namespace ActorTunnel.Transport;

/// <summary>Something that can be told, from any thread and at little cost, that it has work.</summary>
public interface IWakeable
{
    /// <summary>Says that there is work. Any number of calls before the work begins make one wake-up.</summary>
    void Wake();
}

/// <summary>
/// Wakes a stage from another thread. Signals that come before the stage ran are one message to its actor: the event carries nothing,
/// so that nothing is lost with it when the stage has stopped meanwhile.
/// </summary>
internal sealed class StageWakeUp : IWakeable
{
    private readonly Action _callback;
    private int _pending;

    /// <param name="callback">The stage's async callback; its handler calls <see cref="Begin"/> before it looks at any state.</param>
    public StageWakeUp(Action callback)
    {
        _callback = callback;
    }

    /// <inheritdoc />
    public void Wake()
    {
        if (Interlocked.Exchange(ref _pending, 1) == 0)
        {
            _callback();
        }
    }

    /// <summary>From here on a further signal makes a further wake-up.</summary>
    public void Begin() => Interlocked.Exchange(ref _pending, 0);
}
