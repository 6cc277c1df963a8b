namespace ActorTunnel.Http2.Streams;

/// <summary>What we may send: of one stream, or of the connection. The peer moves it, DATA uses it up.</summary>
public sealed class SendWindow
{
    private FlowWindow _window;

    /// <param name="initial">Bytes at first: 65,535 for the connection, the peer's SETTINGS_INITIAL_WINDOW_SIZE for a stream.</param>
    public SendWindow(int initial)
    {
        _window = new FlowWindow(initial);
    }

    /// <summary>Bytes that may be sent now, 0 or more.</summary>
    public int Available => _window.Available;

    /// <summary>The window as the peer counts it; may be negative.</summary>
    public int Value => _window.Value;

    /// <summary>DATA of <paramref name="length"/> bytes goes out, at most <see cref="Available"/>.</summary>
    public void Consume(int length)
    {
        if (!_window.TryConsume(length))
        {
            throw new InvalidOperationException("More DATA was sent than the window allows.");
        }
    }

    /// <summary>A WINDOW_UPDATE, or the difference of two initial sizes. False where the window would pass 2^31−1: FLOW_CONTROL_ERROR.</summary>
    public bool TryMove(int delta) => _window.TryMove(delta);
}
