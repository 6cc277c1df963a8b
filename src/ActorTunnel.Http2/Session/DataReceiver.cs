using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Takes DATA frames in (RFC 9113 §6.1), piece by piece as they arrive, and never gathers one. What comes on a stream that is not served
/// any more is counted on the connection's window and dropped.
/// <code>
///   header ─PADDED─▶ pad length ─▶ payload ─▶ padding ─▶ end of the frame
///      └──────────────────────────────▲
/// </code>
/// </summary>
internal sealed class DataReceiver
{
    private readonly FrameReader _reader;
    private readonly StreamTable _streams;
    private readonly StreamCloser _closer;
    private readonly ReceiveFlow _flow;
    private readonly SessionEvents _events;
    private FrameHeader _header;
    private Http2Stream? _stream;
    private bool _padLengthMissing;
    private bool _endIsDelivered;
    private int _payload;
    private int _padding;

    public DataReceiver(FrameReader reader, StreamTable streams, StreamCloser closer, ReceiveFlow flow, SessionEvents events)
    {
        _reader = reader;
        _streams = streams;
        _closer = closer;
        _flow = flow;
        _events = events;
    }

    /// <summary>The stream of the frame under way, or null where its payload is dropped.</summary>
    private Http2Stream? Live => _stream is { CanReceive: true } ? _stream : null;

    /// <summary>A header came; <paramref name="ignored"/> when it is on a stream that came after our last GOAWAY.</summary>
    public Http2Error Begin(FrameHeader header, bool ignored)
    {
        var error = DataFrame.CheckHeader(header);
        if (!error.IsNone)
        {
            return error;
        }

        // §6.9.1: the whole frame counts, and before anything is done with it.
        if (!_flow.TryAccept(header.Length))
        {
            return Http2Error.Connection(ErrorCode.FlowControlError, "DATA beyond the connection's window");
        }

        _header = header;
        _padLengthMissing = header.Has(FrameFlags.Padded);
        _endIsDelivered = false;
        _payload = _padLengthMissing ? 0 : header.Length;
        _padding = 0;
        _stream = ignored ? null : _streams.Find(header.StreamId);
        if (_stream is null)
        {
            return ignored ? Http2Error.None : _closer.ReceiveOnClosed(header.StreamId);
        }

        error = CheckStream(_stream, header.Length);
        return error.Scope == ErrorScope.Stream ? _closer.ResetByRule(header.StreamId, error) : error;
    }

    /// <summary>Reads on. False where more input is needed; <paramref name="done"/> at the end of the frame.</summary>
    public bool TryStep(out bool done, out Http2Error error)
    {
        done = false;
        error = Http2Error.None;
        if (_padLengthMissing)
        {
            return TryReadPadLength(out error);
        }

        if (_payload > 0)
        {
            return TryReadPayload();
        }

        if (_padding > 0)
        {
            return TrySkipPadding();
        }

        End();
        done = true;
        return true;
    }

    private static Http2Error CheckStream(Http2Stream stream, int length)
    {
        if (!StreamTransitions.TryNext(stream.State, StreamInput.ReceiveData, out _))
        {
            return StreamTransitions.ReceiveError(stream.State);
        }

        // §8.1: content comes after the final response's HEADERS.
        if (!stream.HeadersReceived)
        {
            return Http2Error.Stream(ErrorCode.ProtocolError, "DATA before the response's HEADERS");
        }

        return stream.ReceiveWindow.TryConsume(length)
            ? Http2Error.None
            : Http2Error.Stream(ErrorCode.FlowControlError, "DATA beyond the stream's window");
    }

    private bool TryReadPadLength(out Http2Error error)
    {
        var read = _reader.ReadSome(1);
        error = Http2Error.None;
        if (read.IsEmpty)
        {
            return false;
        }

        error = DataFrame.TryParse(_header, read[0], out var frame);
        _padLengthMissing = false;
        _payload = frame.PayloadLength;
        _padding = frame.PaddingLength;
        DropPadding(1);
        return true;
    }

    private bool TryReadPayload()
    {
        if (Live is not { } stream)
        {
            var dropped = _reader.Skip(_payload);
            _payload -= dropped;
            _flow.Discard(dropped);
            return dropped > 0;
        }

        if (!_reader.TryTakePiece(_payload, out var piece))
        {
            return false;
        }

        _payload -= piece.Length;
        _flow.Deliver(stream, piece.Length);

        // Where padding follows, the frame is not whole yet, and its end is an event of its own.
        _endIsDelivered = _payload == 0 && _padding == 0 && _header.Has(FrameFlags.EndStream);
        _events.Raise(SessionEvent.DataReceived(stream, piece, _endIsDelivered));
        if (_endIsDelivered)
        {
            _streams.End(stream, StreamInput.ReceiveEndStream);
        }

        return true;
    }

    private bool TrySkipPadding()
    {
        var skipped = _reader.Skip(_padding);
        _padding -= skipped;
        DropPadding(skipped);
        return skipped > 0;
    }

    private void DropPadding(int length)
    {
        if (Live is { } stream)
        {
            _flow.DiscardPadding(stream, length);
        }
        else
        {
            _flow.Discard(length);
        }
    }

    private void End()
    {
        if (!_endIsDelivered && _header.Has(FrameFlags.EndStream) && Live is { } stream)
        {
            _events.Raise(SessionEvent.DataReceived(stream, default, endStream: true));
            _streams.End(stream, StreamInput.ReceiveEndStream);
        }

        _stream = null;
    }
}
