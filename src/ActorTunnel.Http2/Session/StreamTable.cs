using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Which streams there are: it gives out ids, checks those of the peer (RFC 9113 §5.1.1), counts what is open, and remembers how the
/// last ones ended. Clients open odd ids; nobody opens even ones, since push is never enabled.
/// </summary>
internal sealed class StreamTable
{
    private readonly SessionRole _role;
    private readonly SessionEvents _events;
    private readonly Dictionary<int, Http2Stream> _open = [];
    private readonly ClosedStreams _closed = new();

    // Wider than an id, so that it can stand behind the last one.
    private long _nextOwnId;

    public StreamTable(SessionRole role, SessionEvents events, int firstOwnId = 1)
    {
        _role = role;
        _events = events;
        _nextOwnId = firstOwnId;
    }

    /// <summary>Streams that are open or half-closed.</summary>
    public int Count => _open.Count;

    public Dictionary<int, Http2Stream>.ValueCollection Open => _open.Values;

    /// <summary>The highest id that the peer used, 0 before the first.</summary>
    public int HighestPeerId { get; private set; }

    /// <summary>Whether an id is left for a stream of ours.</summary>
    public bool HasOwnId => _role == SessionRole.Client && _nextOwnId <= FrameHeader.MaxStreamId;

    public int TakeOwnId()
    {
        var id = (int)_nextOwnId;
        _nextOwnId += 2;
        return id;
    }

    /// <summary>Whether the peer may open a stream with an id of this parity.</summary>
    public bool IsPeers(int id) => _role == SessionRole.Server && (id & 1) == 1;

    public bool IsIdle(int id)
    {
        if ((id & 1) == 0)
        {
            return true;
        }

        return _role == SessionRole.Client ? id >= _nextOwnId : id > HighestPeerId;
    }

    /// <summary>The peer used a new id; ids below it that were skipped are closed now.</summary>
    public void UsePeerId(int id) => HighestPeerId = id;

    public void Add(Http2Stream stream) => _open.Add(stream.Id, stream);

    public Http2Stream? Find(int id) => _open.GetValueOrDefault(id);

    public StreamEnd FindEnd(int id) => _closed.Find(id);

    /// <summary>END_STREAM was sent or received; a stream that ended both ways leaves the table.</summary>
    public void End(Http2Stream stream, StreamInput input)
    {
        stream.Move(input);
        if (stream.State == StreamState.Closed)
        {
            _open.Remove(stream.Id);
            _closed.Add(stream.Id, StreamEnd.Ended);
            _events.Raise(SessionEvent.StreamClosed(stream));
        }
    }

    /// <summary>A stream was reset.</summary>
    public void Reset(Http2Stream stream, StreamEnd end)
    {
        stream.Move(end == StreamEnd.ResetByUs ? StreamInput.SendReset : StreamInput.ReceiveReset);
        _open.Remove(stream.Id);
        _closed.Add(stream.Id, end);
    }

    /// <summary>A stream was reset that never got into the table.</summary>
    public void Rejected(int id) => _closed.Add(id, StreamEnd.ResetByUs);

    /// <summary>The connection is over, and every stream with it.</summary>
    public void Clear()
    {
        foreach (var stream in _open.Values)
        {
            stream.Move(StreamInput.SendReset);
        }

        _open.Clear();
    }
}
