using Microsoft.Extensions.Time.Testing;

namespace ActorTunnel.TestSupport.Time;

/// <summary>A clock that a test moves, and that tells when somebody has begun to wait for it.</summary>
public sealed class HandTime : FakeTimeProvider
{
    private int _timers;

    /// <summary>Timers made so far.</summary>
    public int Timers => Volatile.Read(ref _timers);

    /// <summary>By how much timers fire too early the first time. Set before they are made.</summary>
    public TimeSpan Hurry { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime > Hurry ? dueTime - Hurry : dueTime, period);
        Interlocked.Increment(ref _timers);
        return timer;
    }
}
