namespace ActorTunnel.Http2.Session;

/// <summary>How a stream that is not in the table any more came to its end.</summary>
internal enum StreamEnd
{
    /// <summary>Long ago, or its id was skipped.</summary>
    Forgotten,

    /// <summary>END_STREAM went both ways.</summary>
    Ended,

    /// <summary>We sent RST_STREAM: frames that crossed with it are no mistake of the peer.</summary>
    ResetByUs,

    /// <summary>The peer sent RST_STREAM.</summary>
    ResetByPeer,
}

/// <summary>
/// Remembers how the last streams ended, because it decides what a late frame is (RFC 9113 §5.1, closed). The memory is bounded, and a
/// peer cannot push what we reset out of it by resetting or ending streams itself.
/// </summary>
internal sealed class ClosedStreams
{
    /// <summary>
    /// Ids kept of each sort: what a peer can have under way when a reset reaches it is bounded by its concurrent streams.
    /// </summary>
    public const int Capacity = 1_024;

    private readonly Recent _resetByUs = new();
    private readonly Recent _others = new();

    public void Add(int streamId, StreamEnd end) => (end == StreamEnd.ResetByUs ? _resetByUs : _others).Add(streamId, end);

    public StreamEnd Find(int streamId)
    {
        var end = _resetByUs.Find(streamId);
        return end == StreamEnd.Forgotten ? _others.Find(streamId) : end;
    }

    private sealed class Recent
    {
        private readonly Queue<int> _order = new();
        private readonly Dictionary<int, StreamEnd> _ends = [];

        public void Add(int streamId, StreamEnd end)
        {
            if (_order.Count == Capacity)
            {
                _ends.Remove(_order.Dequeue());
            }

            _order.Enqueue(streamId);
            _ends.Add(streamId, end);
        }

        public StreamEnd Find(int streamId) => _ends.GetValueOrDefault(streamId);
    }
}
