namespace ActorTunnel.Benchmarks.Harness.Links;

/// <summary>What is under way on one direction of the link, of all its connections, in the order of arrival; and who waits for room there.</summary>
internal sealed class LinkDirection(LinkSchedule schedule)
{
    private readonly Queue<(TimeSpan At, LinkSocket To, LinkChunk Chunk)> _underWay = new();
    private readonly Queue<LinkSocket> _waiting = new();

    /// <summary>When something is to be done next, or null.</summary>
    public TimeSpan? NextAt(TimeSpan now)
    {
        var arrival = _underWay.Count > 0 ? _underWay.Peek().At : (TimeSpan?)null;
        var room = _waiting.Count > 0 ? schedule.RoomAt(now) : (TimeSpan?)null;
        return arrival is { } first && !(room < first) ? first : room;
    }

    public bool HasRoom(TimeSpan now) => schedule.RoomAt(now) <= now;

    /// <summary>Tells the socket when there is room, each in its turn.</summary>
    public void AwaitRoom(LinkSocket socket) => _waiting.Enqueue(socket);

    public void Send(TimeSpan now, LinkSocket to, LinkChunk chunk) => _underWay.Enqueue((schedule.Take(now, chunk.Count), to, chunk));

    /// <summary>Delivers what has arrived, and lets those read for whom there is room.</summary>
    public void Advance(TimeSpan now)
    {
        while (_underWay.Count > 0 && _underWay.Peek().At <= now)
        {
            var (_, to, chunk) = _underWay.Dequeue();
            to.Deliver(chunk);
        }

        while (_waiting.Count > 0 && HasRoom(now))
        {
            _waiting.Dequeue().ReadOn();
        }
    }
}
