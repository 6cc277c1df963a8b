using ActorTunnel.Http2.Frames;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Ends a session in order (RFC 9113 §6.8), ours or the peer's. Ours takes two steps, so that no request that is under way is lost:
/// <code>
///   serving ──BeginGoAway──▶ announced ──PING comes back──▶ completed
///            GOAWAY(2^31−1)             GOAWAY(last id)
///            PING
/// </code>
/// When the PING is back the peer has read the first GOAWAY, so whatever it opens after that is ignored.
/// </summary>
internal sealed class GoAwayExchange
{
    /// <summary>What our own PING carries: "ATdrain" and a zero.</summary>
    public const long PingOpaque = 0x4154_6472_6169_6e00;

    private readonly StreamTable _streams;
    private readonly StreamCloser _closer;
    private readonly FrameWriter _writer;
    private readonly SessionEvents _events;
    private int _peerLastStreamId = FrameHeader.MaxStreamId;

    public GoAwayExchange(StreamTable streams, StreamCloser closer, FrameWriter writer, SessionEvents events)
    {
        _streams = streams;
        _closer = closer;
        _writer = writer;
        _events = events;
    }

    /// <summary>Whether our first GOAWAY was queued.</summary>
    public bool IsAnnounced { get; private set; }

    /// <summary>Whether our second GOAWAY was queued.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Whether the peer takes no new streams.</summary>
    public bool IsFromPeer { get; private set; }

    /// <summary>The last stream id of our second GOAWAY.</summary>
    public int LastStreamId { get; private set; }

    /// <summary>Whether frames on a stream are to be ignored, because the peer opened it after our last GOAWAY.</summary>
    public bool Ignores(int streamId) => IsCompleted && streamId > LastStreamId && _streams.IsPeers(streamId);

    public void Begin()
    {
        if (IsAnnounced)
        {
            return;
        }

        IsAnnounced = true;
        _writer.Write(new GoAwayFrame(FrameHeader.MaxStreamId, ErrorCode.NoError, string.Empty));
        _writer.Write(new PingFrame(PingOpaque, Ack: false));
    }

    /// <summary>A PING came back. True where it was the one of <see cref="Begin"/>.</summary>
    public bool Acknowledge(long opaque)
    {
        if (opaque != PingOpaque || !IsAnnounced || IsCompleted)
        {
            return false;
        }

        IsCompleted = true;
        LastStreamId = _streams.HighestPeerId;
        _writer.Write(new GoAwayFrame(LastStreamId, ErrorCode.NoError, string.Empty));
        _events.Raise(SessionEvent.GoAwayCompleted(LastStreamId));
        return true;
    }

    /// <summary>The connection ends at once.</summary>
    public void Abort(ErrorCode code, string debug) =>
        _writer.Write(new GoAwayFrame(IsCompleted ? LastStreamId : _streams.HighestPeerId, code, debug));

    public Http2Error Receive(GoAwayFrame frame)
    {
        if (IsFromPeer && frame.LastStreamId > _peerLastStreamId)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "GOAWAY with a last stream id that grows");
        }

        IsFromPeer = true;
        _peerLastStreamId = frame.LastStreamId;
        _events.Raise(SessionEvent.GoAwayReceived(frame));
        foreach (var stream in _streams.Open.ToArray())
        {
            if (stream.Id > frame.LastStreamId && !_streams.IsPeers(stream.Id))
            {
                _closer.ResetByPeer(stream, ErrorCode.RefusedStream, "the peer went away before it read the request");
            }
        }

        return Http2Error.None;
    }
}
