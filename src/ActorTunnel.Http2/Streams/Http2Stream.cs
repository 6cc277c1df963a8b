using ActorTunnel.Http2.Buffers;

namespace ActorTunnel.Http2.Streams;

/// <summary>
/// One stream of a session: its state, its windows, and the payload that waits to be sent. Only its session changes it; a caller reads
/// it, hangs its own object on it and hands it back with commands. The object outlives the stream: commands on a closed stream do nothing.
/// </summary>
public sealed class Http2Stream
{
    private readonly SendWindow _connectionWindow;

    internal Http2Stream(int id, SendWindow connectionWindow, int sendWindow, int receiveWindow)
    {
        Id = id;
        _connectionWindow = connectionWindow;
        SendWindow = new SendWindow(sendWindow);
        ReceiveWindow = new ReceiveWindow(receiveWindow);
    }

    /// <summary>The stream id, odd.</summary>
    public int Id { get; }

    /// <summary>The state of RFC 9113 §5.1, <see cref="StreamState"/>.</summary>
    public StreamState State { get; internal set; }

    /// <summary>What the caller keeps with the stream.</summary>
    public object? Owner { get; set; }

    /// <summary>Payload bytes that were given and not taken as output.</summary>
    public int QueuedBytes => Queue.Bytes;

    /// <summary>
    /// Payload bytes that could go out at once: the smaller of the stream's and the connection's window, without what is queued; 0
    /// or more. Whoever reads 0 here while nothing is queued is told by a SendReady event when it is more, also where other streams used
    /// the connection's window up.
    /// </summary>
    public int SendCapacity
    {
        get
        {
            var capacity = Math.Min(SendWindow.Available, _connectionWindow.Available) - QueuedBytes;
            if (capacity > 0)
            {
                return capacity;
            }

            WantsSendReady = true;
            return 0;
        }
    }

    /// <summary>Whether DATA may be given: HEADERS went out, and neither an end nor a reset did.</summary>
    public bool CanSend => HeadersSent && !EndQueued && State is StreamState.Open or StreamState.HalfClosedRemote;

    /// <summary>Payload bytes that were delivered as events and neither repaid nor written off.</summary>
    public int UnpaidBytes { get; internal set; }

    /// <summary>Whether the peer may still send DATA.</summary>
    internal bool CanReceive => State is StreamState.Open or StreamState.HalfClosedLocal;

    internal SendWindow SendWindow { get; }

    internal ReceiveWindow ReceiveWindow { get; }

    /// <summary>Payload bytes that were delivered since a measurement began.</summary>
    internal long MeasuredBytes { get; set; }

    /// <summary>When the receive window was announced or narrowed last.</summary>
    internal TimeSpan PacedAt { get; set; }

    /// <summary>What waits to become DATA.</summary>
    internal SliceQueue Queue { get; } = new();

    /// <summary>Our (final) HEADERS were written.</summary>
    internal bool HeadersSent { get; set; }

    /// <summary>The peer's final HEADERS came.</summary>
    internal bool HeadersReceived { get; set; }

    /// <summary>The request is a CONNECT, so that trailers are an error.</summary>
    internal bool IsConnect { get; set; }

    /// <summary>END_STREAM goes out with the last queued byte, or has gone out.</summary>
    internal bool EndQueued { get; set; }

    /// <summary>A SendReady event is due as soon as there is capacity and nothing is queued.</summary>
    internal bool WantsSendReady { get; set; }

    /// <summary>Whether the ring of the send scheduler holds this stream, and its neighbours there.</summary>
    internal bool InRing { get; set; }

    internal Http2Stream? RingNext { get; set; }

    internal Http2Stream? RingPrevious { get; set; }

    /// <summary>Applies an input that the caller knows to be allowed.</summary>
    internal void Move(StreamInput input)
    {
        if (!StreamTransitions.TryNext(State, input, out var next))
        {
            throw new InvalidOperationException($"{input} is not allowed in state {State}.");
        }

        State = next;
    }
}
