namespace ActorTunnel.Transport.Sessions;

/// <summary>
/// The ports of one session that have work, added by any thread and taken by the session's stage, which is woken once for all of them.
/// Repaid bytes are no reason to wake it by themselves: they wait for its next turn until all tunnels together have repaid enough.
/// </summary>
internal sealed class ReadyTunnels
{
    private const int MostRepaidWithoutAWakeUp = 16 * 1024;

    private readonly IWakeable _stage;
    private readonly int _repaidWorthAWakeUp;
    private Http2TunnelPort? _head;
    private int _repaid;

    /// <param name="stage">Woken.</param>
    /// <param name="streamWindow">Bytes; a part of it is worth a wake-up, so that the peer never runs dry for want of a turn.</param>
    public ReadyTunnels(IWakeable stage, int streamWindow)
    {
        _stage = stage;
        _repaidWorthAWakeUp = Math.Clamp(streamWindow / 4, 1, MostRepaidWithoutAWakeUp);
    }

    /// <summary>Adds a port that is not in the list.</summary>
    public void Add(Http2TunnelPort port)
    {
        Http2TunnelPort? head;
        do
        {
            head = Volatile.Read(ref _head);
            port.NextReady = head;
        }
        while (Interlocked.CompareExchange(ref _head, port, head) != head);
    }

    /// <summary>Makes the stage take the list.</summary>
    public void WakeStage() => _stage.Wake();

    /// <summary>Some port's bytes were repaid; it is in the list.</summary>
    public void Repaid(int bytes)
    {
        if (Interlocked.Add(ref _repaid, bytes) >= _repaidWorthAWakeUp)
        {
            _stage.Wake();
        }
    }

    /// <summary>Takes all of them: a list linked by <see cref="Http2TunnelPort.NextReady"/>, who came first is first.</summary>
    public Http2TunnelPort? TakeAll()
    {
        Interlocked.Exchange(ref _repaid, 0);
        var port = Interlocked.Exchange(ref _head, null);
        Http2TunnelPort? first = null;
        while (port is not null)
        {
            var next = port.NextReady;
            port.NextReady = first;
            first = port;
            port = next;
        }

        return first;
    }
}
