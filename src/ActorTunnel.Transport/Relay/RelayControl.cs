using ActorTunnel.Transport.Pipes;

namespace ActorTunnel.Transport.Relay;

/// <summary>Ends a running relay from another thread.</summary>
public sealed class RelayControl
{
    private readonly IWakeable _stage;
    private volatile PipeEnd _requested = PipeEnd.Open;

    internal RelayControl(IWakeable stage)
    {
        _stage = stage;
    }

    /// <summary>How far the relay is.</summary>
    public RelayProgress Progress { get; } = new();

    internal PipeEnd Requested => _requested;

    /// <summary>Resets both sides now. The first call decides the reason; none after the end matters.</summary>
    /// <param name="reason">Neither <see cref="PipeEnd.Open"/> nor <see cref="PipeEnd.Clean"/>.</param>
    public void Abort(PipeEnd reason)
    {
        if (_requested == PipeEnd.Open)
        {
            _requested = reason;
            _stage.Wake();
        }
    }
}
