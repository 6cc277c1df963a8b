using ActorTunnel.Transport.Loops;
using Akka.Dispatch;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport;

/// <summary>Something that can be told, from any thread and at little cost, that it has work.</summary>
public interface IWakeable
{
    /// <summary>Says that there is work. Any number of calls before the work begins make one wake-up.</summary>
    void Wake();
}

/// <summary>
/// Wakes a stage from another thread. Signals that come before the stage ran are one message to its actor: the event carries nothing,
/// so that nothing is lost with it when the stage has stopped meanwhile. For the same reason the message of one wake-up serves for all later ones.
/// </summary>
internal sealed class StageWakeUp : IWakeable
{
    private readonly GraphStageLogic _stage;
    private readonly Action _callback;
    private WakeUpMessage? _message;
    private int _pending;

    /// <param name="stage">The stage, which has no other async callback.</param>
    /// <param name="callback">The stage's async callback; its handler calls <see cref="Begin"/> before it looks at any state.</param>
    public StageWakeUp(GraphStageLogic stage, Action callback)
    {
        _stage = stage;
        _callback = callback;
    }

    /// <inheritdoc />
    public void Wake()
    {
        if (Interlocked.Exchange(ref _pending, 1) != 0)
        {
            return;
        }

        if (Volatile.Read(ref _message) is { } message)
        {
            message.Send();
        }
        else if (EventLoop.Current is { } loop)
        {
            loop.Execute(new FirstWakeUp(_callback)); // Not in this turn, which may be one of the stage's own actor: only as a message it can be kept.
        }
        else
        {
            _callback();
        }
    }

    /// <summary>From here on a further signal makes a further wake-up.</summary>
    public void Begin()
    {
        Interlocked.Exchange(ref _pending, 0);
        if (_message is null)
        {
            Volatile.Write(ref _message, WakeUpMessage.OfThisTurn(_stage));
        }
    }

    private sealed class FirstWakeUp(Action callback) : IRunnable
    {
        public void Run() => callback();

        public void Execute() => callback();
    }
}
