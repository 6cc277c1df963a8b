using System.Buffers;
using System.Runtime.InteropServices;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// One end of an HTTP/2 connection (RFC 9113) without a socket, a task or a clock: bytes, commands and the time (<see cref="Advance"/>) go in, events and
/// bytes come out. One thread at a time calls it.
/// <para>
/// The caller's loop: give received bytes to <see cref="Receive"/>, read events until <see cref="TryReadEvent"/> is false, and while
/// <see cref="HasOutput"/> and the transport can write, move bytes out with <see cref="TakeOutput"/> and read events again. Input is parsed
/// by <see cref="TryReadEvent"/> and only as far as the next event: what a command does to a stream holds for the very next byte, and
/// no peer can pile up events.
/// </para>
/// <para>
/// A peer's mistakes are events (<see cref="SessionEventKind.StreamReset"/>, <see cref="SessionEventKind.SessionFailed"/>). Commands on a
/// stream that is closed, or in a session that failed, do nothing and dispose what they were given, because the event that says so may
/// not have been read yet. Exceptions are the caller's mistakes.
/// </para>
/// </summary>
public sealed class Http2Session : IDisposable
{
    private readonly SessionEvents _events = new();
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly PeerReplies _replies;
    private readonly StreamTable _streams;
    private readonly SendScheduler _scheduler;
    private readonly WindowGrowth _growth;
    private readonly ReceiveFlow _flow;
    private readonly HpackEncoder _encoder = new();
    private readonly SettingsExchange _settings;
    private readonly StreamFactory _factory;
    private readonly StreamCloser _closer;
    private readonly GoAwayExchange _goAway;
    private readonly HeadersReceiver _headers;
    private readonly FrameDispatcher _dispatcher;
    private readonly ArrayBufferWriter<byte> _encoded = new();

    /// <summary>Queues what goes first: the client's preface, SETTINGS, and the connection's window.</summary>
    /// <param name="role">Which end this is.</param>
    /// <param name="settings">What is announced and enforced.</param>
    /// <param name="pool">Lends the blocks of the output and of what the input leaves unfinished.</param>
    public Http2Session(SessionRole role, SessionSettings settings, BufferPool pool)
        : this(role, settings, pool, firstStreamId: 1)
    {
    }

    internal Http2Session(SessionRole role, SessionSettings settings, BufferPool pool, int firstStreamId)
    {
        _reader = new FrameReader(pool);
        _writer = new FrameWriter(pool);
        _replies = new PeerReplies(_writer);
        _streams = new StreamTable(role, _events, firstStreamId);
        _scheduler = new SendScheduler(_streams, _events, _writer);
        _growth = new WindowGrowth(settings, _streams, _writer, pool);
        _flow = new ReceiveFlow(settings, _growth, _writer);
        _settings = new SettingsExchange(role, settings, _writer, _replies, _streams, _scheduler, _flow, _growth, _encoder, _events);
        _factory = new StreamFactory(_settings, _scheduler);
        _closer = new StreamCloser(_streams, _scheduler, _flow, _replies, _writer, _events);
        _goAway = new GoAwayExchange(_streams, _closer, _writer, _events);

        var assembler = new HeaderBlockAssembler(pool);
        var data = new DataReceiver(_reader, _streams, _closer, _flow, _events);
        _headers = new HeadersReceiver(role, settings, assembler, _streams, _closer, _factory, _goAway, _events);
        _dispatcher = new FrameDispatcher(
            role, _reader, assembler, _headers, data, _settings, _streams, _closer, _scheduler, _flow, _goAway, _replies, _events);

        if (role == SessionRole.Client)
        {
            _writer.Copy(ConnectionPreface.Magic);
        }

        _settings.Announce();
        _flow.Announce();
    }

    /// <summary>Whether the session ended by an error of the peer or by <see cref="Abort"/>. What is queued may still be taken.</summary>
    public bool IsFailed { get; private set; }

    /// <summary>Streams that are open or half-closed.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Whether either side has announced that no new streams are taken.</summary>
    public bool IsDraining => _goAway.IsAnnounced || _goAway.IsFromPeer;

    /// <summary>Whether the peer's first SETTINGS came. Until then its limits are the initial ones.</summary>
    public bool IsPeerKnown => _settings.IsPeerKnown;

    /// <summary>Streams that the peer lets us have open at once; <see cref="uint.MaxValue"/> before it said.</summary>
    public uint PeerMaxConcurrentStreams => _settings.Peer.MaxConcurrentStreams;

    /// <summary>Payload bytes that were delivered and neither repaid nor written off, of all streams.</summary>
    public long UnpaidBytes => _flow.Unpaid;

    /// <summary>Whether <see cref="OpenStream"/> is allowed, or will be when the peer's limit lets it: a client, not draining, with an id left.</summary>
    public bool TakesStreams => !IsFailed && !IsDraining && _streams.HasOwnId;

    /// <summary>Whether <see cref="OpenStream"/> is allowed: <see cref="TakesStreams"/>, and below the peer's limit.</summary>
    public bool CanOpenStream => TakesStreams && _streams.Count < PeerMaxConcurrentStreams;

    /// <summary>Whether <see cref="TakeOutput"/> would give bytes.</summary>
    public bool HasOutput => _writer.Bytes > 0 || _scheduler.HasData;

    internal ReceiveFlow Flow => _flow;

    internal SendWindow ConnectionSendWindow => _scheduler.Connection;

    /// <summary>
    /// Says what time it is for the calls that follow. Where it is said at the beginning of each of the caller's turns, receive windows grow with the
    /// bandwidth-delay product, for which the session sends a few PINGs of its own; where it is never said, they do not.
    /// </summary>
    /// <param name="now">Since a moment that is the same for every call; never less than the last.</param>
    public void Advance(TimeSpan now) => _growth.Advance(now);

    /// <summary>Adds received bytes, however cut. The slice is the session's. They are parsed by <see cref="TryReadEvent"/>.</summary>
    public void Receive(Slice bytes)
    {
        if (IsFailed)
        {
            bytes.Dispose();
            return;
        }

        _reader.Append(bytes);
    }

    /// <summary>
    /// The next event; parses input until there is one. False when all input is used up. After each <see cref="Receive"/> it is to be
    /// called until then, and after commands and <see cref="TakeOutput"/> too, since these raise SendReady and StreamClosed.
    /// </summary>
    public bool TryReadEvent(out SessionEvent e)
    {
        while (!_events.TryTake(out e))
        {
            if (IsFailed || !_dispatcher.TryStep(out var error))
            {
                return false;
            }

            if (!error.IsNone)
            {
                Fail(error.Code, error.Detail);
                _events.Raise(SessionEvent.SessionFailed(error, _dispatcher.Foreign));
            }
        }

        return true;
    }

    /// <summary>
    /// Moves output to the end of <paramref name="into"/>: all control frames, then DATA in turns, until about
    /// <paramref name="budgetBytes"/> bytes (the last frame may pass it). Called late, when the transport can write, so that what goes out is
    /// decided as late as possible.
    /// </summary>
    public void TakeOutput(SliceQueue into, int budgetBytes)
    {
        _scheduler.Fill(budgetBytes, _settings.Peer.MaxFrameSize);
        _writer.MoveTo(into);
        _replies.Taken();
    }

    /// <summary>Opens a stream, where <see cref="CanOpenStream"/> says so.</summary>
    /// <param name="fields">The request, pseudo-header fields first.</param>
    /// <param name="endStream">Whether nothing follows.</param>
    /// <exception cref="InvalidOperationException"><see cref="CanOpenStream"/> is false.</exception>
    public Http2Stream OpenStream(IReadOnlyList<HeaderField> fields, bool endStream = false)
    {
        if (!CanOpenStream)
        {
            throw new InvalidOperationException("A stream cannot be opened now.");
        }

        var stream = _factory.Create(_streams.TakeOwnId());
        _streams.Add(stream);
        WriteHeaders(stream, fields, endStream);
        return stream;
    }

    /// <summary>Answers a stream, once.</summary>
    /// <param name="stream">A stream that the peer opened.</param>
    /// <param name="fields">The response, <c>:status</c> first.</param>
    /// <param name="endStream">Whether nothing follows.</param>
    public void SendHeaders(Http2Stream stream, IReadOnlyList<HeaderField> fields, bool endStream)
    {
        if (stream.State == StreamState.Closed)
        {
            return;
        }

        if (stream.HeadersSent)
        {
            throw new InvalidOperationException("HEADERS were sent on this stream already.");
        }

        WriteHeaders(stream, fields, endStream);
    }

    /// <summary>
    /// Queues payload. The slice is the session's, and where its block has no other reference, so are the block's other bytes: the frame's
    /// header is written in front of the payload. It waits in the stream until the windows let it out; whoever gives no more than
    /// <see cref="Http2Stream.SendCapacity"/> keeps that queue short.
    /// </summary>
    public void SendData(Http2Stream stream, Slice payload)
    {
        if (stream.State == StreamState.Closed)
        {
            payload.Dispose();
            return;
        }

        if (!stream.CanSend)
        {
            payload.Dispose();
            throw new InvalidOperationException("DATA was sent before HEADERS or after the end.");
        }

        _scheduler.Submit(stream, payload);
    }

    /// <summary>Ends our direction: END_STREAM goes with the last byte that is queued, or alone and at once.</summary>
    public void SendEnd(Http2Stream stream)
    {
        if (stream.State == StreamState.Closed)
        {
            return;
        }

        if (!stream.CanSend)
        {
            throw new InvalidOperationException("A stream was ended before its HEADERS or twice.");
        }

        _scheduler.End(stream);
    }

    /// <summary>
    /// Resets a stream: what is queued is dropped, and what was delivered and not repaid is written off, since its reader drops it too.
    /// On a stream that ended already nothing is sent and only the latter happens; it is needed where the reader gave up before it
    /// had taken all bytes. Raises no event.
    /// </summary>
    public void Reset(Http2Stream stream, ErrorCode code)
    {
        if (!IsFailed)
        {
            _closer.ResetByCaller(stream, code);
        }
    }

    /// <summary>
    /// Payload bytes that were delivered on the stream have left our memory: they go back to its window. Each delivered byte is repaid
    /// once, also after the stream has ended; after a reset there is nothing left to repay, and the call does nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="Http2Stream.UnpaidBytes"/>, unless that is 0.</exception>
    public void Repay(Http2Stream stream, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (IsFailed || stream.UnpaidBytes == 0)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, stream.UnpaidBytes);
        _flow.Repay(stream, bytes);
    }

    /// <summary>Sends a PING; the answer is a PingAcknowledged event.</summary>
    /// <param name="opaque">What comes back; any value but "ATdrain\0" and "ATwindow", which the session uses itself.</param>
    public void Ping(long opaque)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(opaque, GoAwayExchange.PingOpaque);
        ArgumentOutOfRangeException.ThrowIfEqual(opaque, WindowGrowth.PingOpaque);
        if (!IsFailed)
        {
            _writer.Write(new PingFrame(opaque, Ack: false));
        }
    }

    /// <summary>
    /// Says that no new streams are taken, in two steps (RFC 9113 §6.8): GOAWAY(2^31−1) and a PING now, and when that comes back, by
    /// itself, GOAWAY(last stream) and the event GoAwayCompleted. Streams go on. A second call does nothing.
    /// </summary>
    public void BeginGoAway()
    {
        if (!IsFailed)
        {
            _goAway.Begin();
        }
    }

    /// <summary>
    /// Ends the session now, without promises: GOAWAY(last stream, <paramref name="code"/>) is queued behind the control frames that wait,
    /// every stream is gone, and no event follows.
    /// </summary>
    /// <param name="code">Why.</param>
    /// <param name="debug">ASCII for the peer's log, at most 256 bytes of it are sent.</param>
    public void Abort(ErrorCode code, string debug)
    {
        if (!IsFailed)
        {
            Fail(code, debug);
            _events.Dispose();
        }
    }

    /// <summary>Gives back every slice that is held: input, events that were not read, queued payload, output.</summary>
    public void Dispose()
    {
        IsFailed = true;
        _closer.DropAll();
        _headers.Dispose();
        _events.Dispose();
        _reader.Dispose();
        _writer.Dispose();
    }

    private void Fail(ErrorCode code, string detail)
    {
        IsFailed = true;
        _goAway.Abort(code, detail);
        _closer.DropAll();
        _headers.Dispose();
        _reader.Dispose();
    }

    private void WriteHeaders(Http2Stream stream, IReadOnlyList<HeaderField> fields, bool endStream)
    {
        _encoded.ResetWrittenCount();
        _encoder.Encode(AsSpan(fields), _encoded);
        _writer.WriteFieldBlock(stream.Id, _encoded.WrittenSpan, endStream, _settings.Peer.MaxFrameSize);
        stream.Move(StreamInput.SendHeaders);
        stream.HeadersSent = true;
        if (endStream)
        {
            stream.EndQueued = true;
            _streams.End(stream, StreamInput.SendEndStream);
        }
        else
        {
            stream.WantsSendReady = true;
            _events.RaiseIfSendReady(stream);
        }
    }

    private static ReadOnlySpan<HeaderField> AsSpan(IReadOnlyList<HeaderField> fields) => fields switch
    {
        HeaderField[] array => array,
        List<HeaderField> list => CollectionsMarshal.AsSpan(list),
        _ => fields.ToArray(),
    };
}
