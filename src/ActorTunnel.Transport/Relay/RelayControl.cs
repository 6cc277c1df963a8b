using ActorTunnel.Transport.Pipes;

namespace ActorTunnel.Transport.Relay;

/// <summary>Steers a relay from another thread, whether it runs already or is about to.</summary>
public sealed class RelayControl
{
    private IWakeable? _stage;
    private volatile PipeEnd _requested = PipeEnd.Open;
    private volatile bool _mayDeliver;

    internal RelayControl(bool mayDeliver)
    {
        _mayDeliver = mayDeliver;
    }

    /// <summary>How far the relay is.</summary>
    public RelayProgress Progress { get; } = new();

    internal PipeEnd Requested => _requested;

    internal bool MayDeliver => _mayDeliver;

    /// <summary>For a relay <see cref="RelayParts.Ahead"/> of the answer: it came, and all that the session received is for the socket.</summary>
    public void Deliver()
    {
        _mayDeliver = true;
        Interlocked.MemoryBarrier(); // Either this sees the stage, or the stage, which looks when it has started, sees this.
        Volatile.Read(ref _stage)?.Wake();
    }

    /// <summary>Resets both sides now. The first call decides the reason; none after the end matters.</summary>
    /// <param name="reason">Neither <see cref="PipeEnd.Open"/> nor <see cref="PipeEnd.Clean"/>.</param>
    public void Abort(PipeEnd reason)
    {
        if (_requested == PipeEnd.Open)
        {
            _requested = reason;
            Interlocked.MemoryBarrier(); // Either this sees the stage, or the stage sees the request.
            Volatile.Read(ref _stage)?.Wake();
        }
    }

    /// <summary>The relay runs now.</summary>
    internal void Attach(IWakeable stage)
    {
        Volatile.Write(ref _stage, stage);
        Interlocked.MemoryBarrier();
        if (_requested != PipeEnd.Open)
        {
            stage.Wake();
        }
    }
}
