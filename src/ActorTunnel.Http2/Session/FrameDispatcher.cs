using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// The receive side: reads one frame after the other and hands it to whom it concerns. Each step does a bounded piece of work, so that the
/// session can stop at the first event.
/// <code>
///   preface (server) ─▶ header ─┬─ DATA ──────────────▶ data ────────┐
///                         ▲     ├─ unknown ───────────▶ skip ────────┤
///                         │     └─ other ─▶ payload ─▶ (its rest) ───┤
///                         └──────────────────────────────────────────┘
/// </code>
/// </summary>
internal sealed class FrameDispatcher
{
    // Frames of a fixed size are read up to here, so that one of a wrong size is seen to be wrong without being gathered.
    private const int MaxFixedPayload = 16;

    private readonly SessionRole _role;
    private readonly FrameReader _reader;
    private readonly ConnectionPreface _preface = new();
    private readonly HeaderBlockAssembler _assembler;
    private readonly HeadersReceiver _headers;
    private readonly DataReceiver _data;
    private readonly SettingsExchange _settings;
    private readonly StreamTable _streams;
    private readonly StreamCloser _closer;
    private readonly SendScheduler _scheduler;
    private readonly ReceiveFlow _flow;
    private readonly GoAwayExchange _goAway;
    private readonly PeerReplies _replies;
    private readonly SessionEvents _events;
    private Phase _phase;
    private FrameHeader _header;
    private int _payload;
    private int _rest;

    public FrameDispatcher(
        SessionRole role,
        FrameReader reader,
        HeaderBlockAssembler assembler,
        HeadersReceiver headers,
        DataReceiver data,
        SettingsExchange settings,
        StreamTable streams,
        StreamCloser closer,
        SendScheduler scheduler,
        ReceiveFlow flow,
        GoAwayExchange goAway,
        PeerReplies replies,
        SessionEvents events)
    {
        _role = role;
        _reader = reader;
        _assembler = assembler;
        _headers = headers;
        _data = data;
        _settings = settings;
        _streams = streams;
        _closer = closer;
        _scheduler = scheduler;
        _flow = flow;
        _goAway = goAway;
        _replies = replies;
        _events = events;
        _phase = role == SessionRole.Server ? Phase.Preface : Phase.Header;
    }

    private enum Phase
    {
        Preface,
        Header,
        Payload,
        Data,
        Skip,
    }

    /// <summary>What the peer seems to speak, after an error that came of it.</summary>
    public ForeignProtocol Foreign { get; private set; }

    /// <summary>
    /// Takes one step. False where more input is needed. An error is always the connection's: those of streams are dealt with.
    /// </summary>
    public bool TryStep(out Http2Error error)
    {
        error = Http2Error.None;
        switch (_phase)
        {
            case Phase.Preface:
                return TryReadPreface(out error);

            case Phase.Header:
                if (!_reader.TryReadHeader(out _header))
                {
                    return false;
                }

                error = Begin();
                break;

            case Phase.Payload:
                if (!_reader.TryReadPayload(_payload, out var payload))
                {
                    return false;
                }

                _phase = Phase.Skip;
                error = Receive(payload);
                if (error.Scope == ErrorScope.Stream)
                {
                    error = _goAway.Ignores(_header.StreamId)
                        ? Http2Error.None
                        : _closer.ResetByRule(_header.StreamId, error);
                }

                break;

            case Phase.Data:
                if (!_data.TryStep(out var done, out error))
                {
                    return false;
                }

                _phase = done ? Phase.Header : Phase.Data;
                return true;

            default:
                return TrySkip();
        }

        if (error.IsNone)
        {
            error = _replies.Check();
        }

        return true;
    }

    private bool TryReadPreface(out Http2Error error)
    {
        error = Http2Error.None;
        var bytes = _reader.ReadSome(_preface.Missing);
        if (bytes.IsEmpty)
        {
            return false;
        }

        if (!_preface.Take(bytes))
        {
            Foreign = _preface.Guess();
            error = Http2Error.Connection(ErrorCode.ProtocolError, Foreign switch
            {
                ForeignProtocol.Http1 => "the peer speaks HTTP/1.x",
                ForeignProtocol.Tls => "the peer speaks TLS",
                _ => "the peer does not speak HTTP/2",
            });
        }
        else if (_preface.Missing == 0)
        {
            _phase = Phase.Header;
        }

        return true;
    }

    private bool TrySkip()
    {
        if (_rest > 0)
        {
            var skipped = _reader.Skip(_rest);
            _rest -= skipped;
            return skipped > 0;
        }

        _phase = Phase.Header;
        return true;
    }

    /// <summary>A header came: checks it and decides how the payload is read.</summary>
    private Http2Error Begin()
    {
        if (!_settings.IsPeerKnown && (_header.Type != FrameType.Settings || _header.Has(FrameFlags.Ack)))
        {
            return NotSettings();
        }

        if (_header.Length > _settings.MaxFrameSize)
        {
            return Http2Error.Connection(ErrorCode.FrameSizeError, "a frame above MAX_FRAME_SIZE");
        }

        var error = _assembler.Check(_header);
        if (!error.IsNone)
        {
            return error;
        }

        switch (_header.Type)
        {
            case FrameType.Data:
                _phase = Phase.Data;
                return _data.Begin(_header, _goAway.Ignores(_header.StreamId));

            case FrameType.Headers:
            case FrameType.Continuation:
                ReadPayload(_header.Length);
                return Http2Error.None;

            case FrameType.Settings:
                ReadPayload(_header.Length);
                return SettingsFrame.CheckHeader(_header);

            case FrameType.GoAway:
                ReadPayload(Math.Min(_header.Length, GoAwayFrame.FixedSize + GoAwayFrame.MaxDebug));
                return GoAwayFrame.CheckHeader(_header);

            case FrameType.PushPromise:
                return PushPromiseFrame.Refuse();

            case FrameType.Priority:
            case FrameType.ResetStream:
            case FrameType.Ping:
            case FrameType.WindowUpdate:
                ReadPayload(Math.Min(_header.Length, MaxFixedPayload));
                return Http2Error.None;

            // §4.1: unknown types are ignored.
            default:
                _phase = Phase.Skip;
                _rest = _header.Length;
                return Http2Error.None;
        }
    }

    private void ReadPayload(int length)
    {
        _phase = Phase.Payload;
        _payload = length;
        _rest = _header.Length - length;
    }

    /// <summary>§3.4: SETTINGS must be first. A server that is none usually shows it here.</summary>
    private Http2Error NotSettings()
    {
        if (_role == SessionRole.Client)
        {
            Span<byte> start = stackalloc byte[FrameHeader.Size];
            _header.Write(start);
            Foreign = ConnectionPreface.Guess(start);
        }

        return Http2Error.Connection(ErrorCode.ProtocolError, Foreign switch
        {
            ForeignProtocol.Http1 => "the peer speaks HTTP/1.x",
            ForeignProtocol.Tls => "the peer speaks TLS",
            _ => "the first frame is not SETTINGS",
        });
    }

    private Http2Error Receive(ReadOnlySpan<byte> payload) => _header.Type switch
    {
        FrameType.Headers => _headers.ReceiveHeaders(_header, payload),
        FrameType.Continuation => _headers.ReceiveContinuation(_header, payload),
        FrameType.Settings => _settings.Receive(SettingsFrame.Parse(_header, payload)),
        FrameType.GoAway => _goAway.Receive(GoAwayFrame.Parse(payload)),
        FrameType.Ping => ReceivePing(payload),
        FrameType.WindowUpdate => ReceiveWindowUpdate(payload),
        FrameType.ResetStream => ReceiveReset(payload),
        FrameType.Priority => PriorityFrame.TryParse(_header, payload, out _),
        _ => throw new InvalidOperationException($"No payload is read for frame type {_header.Type}."),
    };

    private Http2Error ReceivePing(ReadOnlySpan<byte> payload)
    {
        var error = PingFrame.TryParse(_header, payload, out var frame);
        if (!error.IsNone)
        {
            return error;
        }

        if (!frame.Ack)
        {
            _replies.AcknowledgePing(frame.Opaque);
        }
        else if (!_goAway.Acknowledge(frame.Opaque) && !_flow.Acknowledge(frame.Opaque))
        {
            _events.Raise(SessionEvent.PingAcknowledged(frame.Opaque));
        }

        return Http2Error.None;
    }

    private Http2Error ReceiveWindowUpdate(ReadOnlySpan<byte> payload)
    {
        var error = WindowUpdateFrame.TryParse(_header, payload, out var frame);
        if (!error.IsNone)
        {
            return error;
        }

        if (frame.StreamId == 0)
        {
            return _scheduler.OpenConnection(frame.Increment);
        }

        // §5.1: on a closed stream it may have crossed with the end.
        return _streams.Find(frame.StreamId) is { } stream ? _scheduler.OpenStream(stream, frame.Increment) : IfIdle(frame.StreamId);
    }

    private Http2Error ReceiveReset(ReadOnlySpan<byte> payload)
    {
        var error = ResetStreamFrame.TryParse(_header, payload, out var frame);
        if (!error.IsNone)
        {
            return error;
        }

        if (_streams.Find(frame.StreamId) is not { } stream)
        {
            return IfIdle(frame.StreamId);
        }

        _closer.ResetByPeer(stream, frame.Code, detail: null);
        return Http2Error.None;
    }

    private Http2Error IfIdle(int streamId) => _streams.IsIdle(streamId) && !_goAway.Ignores(streamId)
        ? StreamTransitions.ReceiveError(StreamState.Idle)
        : Http2Error.None;
}
