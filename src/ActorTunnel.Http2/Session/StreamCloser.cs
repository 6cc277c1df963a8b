using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// The ends of streams that are no END_STREAM: each takes the stream out of the table, drops what it had queued and settles its account.
/// </summary>
internal sealed class StreamCloser
{
    private readonly StreamTable _streams;
    private readonly SendScheduler _scheduler;
    private readonly ReceiveFlow _flow;
    private readonly PeerReplies _replies;
    private readonly FrameWriter _writer;
    private readonly SessionEvents _events;

    public StreamCloser(
        StreamTable streams,
        SendScheduler scheduler,
        ReceiveFlow flow,
        PeerReplies replies,
        FrameWriter writer,
        SessionEvents events)
    {
        _streams = streams;
        _scheduler = scheduler;
        _flow = flow;
        _replies = replies;
        _writer = writer;
        _events = events;
    }

    /// <summary>The caller resets a stream. One that is closed already only has its account settled.</summary>
    public void ResetByCaller(Http2Stream stream, ErrorCode code)
    {
        if (stream.State != StreamState.Closed)
        {
            _writer.Write(new ResetStreamFrame(stream.Id, code));
            Remove(stream, StreamEnd.ResetByUs);
        }

        _flow.WriteOff(stream);
    }

    /// <summary>
    /// The peer resets a stream. What it sent before an END_STREAM is still to be delivered by the caller, and stays on the account.
    /// </summary>
    public void ResetByPeer(Http2Stream stream, ErrorCode code, string? detail)
    {
        var wasEnded = stream.State == StreamState.HalfClosedRemote;
        Remove(stream, StreamEnd.ResetByPeer);
        if (!wasEnded)
        {
            _flow.WriteOff(stream);
        }

        _events.Raise(SessionEvent.StreamReset(stream, code, byPeer: true, detail));
    }

    /// <summary>
    /// The peer broke a rule of a stream (RFC 9113 §5.4.2). On an idle stream there is nothing that RST_STREAM could name, so it is the
    /// connection's error; on a closed one it is answered already.
    /// </summary>
    public Http2Error ResetByRule(int streamId, Http2Error error)
    {
        var stream = _streams.Find(streamId);
        if (stream is null)
        {
            return _streams.IsIdle(streamId) ? Http2Error.Connection(error.Code, error.Detail) : Http2Error.None;
        }

        _replies.Reset(streamId, error.Code);
        var wasEnded = stream.State == StreamState.HalfClosedRemote;
        Remove(stream, StreamEnd.ResetByUs);
        if (!wasEnded)
        {
            _flow.WriteOff(stream);
        }

        _events.Raise(SessionEvent.StreamReset(stream, error.Code, byPeer: false, error.Detail));
        return Http2Error.None;
    }

    /// <summary>A request does not become a stream.</summary>
    public void Reject(int streamId, Http2Error error)
    {
        _replies.Reset(streamId, error.Code);
        _streams.Rejected(streamId);
        _events.Raise(SessionEvent.StreamRejected(streamId, error));
    }

    /// <summary>
    /// What HEADERS or DATA on a stream that is not in the table are (RFC 9113 §5.1). Where it is no error of the connection the frame is
    /// to be dropped.
    /// </summary>
    public Http2Error ReceiveOnClosed(int streamId)
    {
        if (_streams.IsIdle(streamId))
        {
            return StreamTransitions.ReceiveError(StreamState.Idle);
        }

        switch (_streams.FindEnd(streamId))
        {
            case StreamEnd.ResetByUs:
                return Http2Error.None;

            case StreamEnd.ResetByPeer:
                _replies.Reset(streamId, ErrorCode.StreamClosed);
                return Http2Error.None;

            default:
                return StreamTransitions.ReceiveError(StreamState.Closed);
        }
    }

    /// <summary>The connection is over.</summary>
    public void DropAll()
    {
        foreach (var stream in _streams.Open)
        {
            _scheduler.Drop(stream);
        }

        _streams.Clear();
    }

    private void Remove(Http2Stream stream, StreamEnd end)
    {
        _scheduler.Drop(stream);
        _streams.Reset(stream, end);
    }
}
