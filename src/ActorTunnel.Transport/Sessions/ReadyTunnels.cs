namespace ActorTunnel.Transport.Sessions;

/// <summary>The ports of one session that have work, added by any thread and taken by the session's stage, which is woken once for all of them.</summary>
internal sealed class ReadyTunnels
{
    private readonly IWakeable _stage;
    private TunnelPort? _head;

    public ReadyTunnels(IWakeable stage)
    {
        _stage = stage;
    }

    /// <summary>Adds a port that is not in the list.</summary>
    public void Add(TunnelPort port)
    {
        TunnelPort? head;
        do
        {
            head = Volatile.Read(ref _head);
            port.NextReady = head;
        }
        while (Interlocked.CompareExchange(ref _head, port, head) != head);
        _stage.Wake();
    }

    /// <summary>Takes all of them: a list linked by <see cref="TunnelPort.NextReady"/>, who came first is first.</summary>
    public TunnelPort? TakeAll()
    {
        var port = Interlocked.Exchange(ref _head, null);
        TunnelPort? first = null;
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
