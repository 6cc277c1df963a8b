using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Takes field blocks in. Each one is decoded, whatever becomes of its stream, because the decoder's table depends on all of them
/// (RFC 9113 §4.3); only then is it a request, a response, trailers, or dropped.
/// </summary>
internal sealed class HeadersReceiver : IDisposable
{
    private readonly SessionRole _role;
    private readonly SessionSettings _settings;
    private readonly HeaderBlockAssembler _assembler;
    private readonly HpackDecoder _decoder;
    private readonly StreamTable _streams;
    private readonly StreamCloser _closer;
    private readonly StreamFactory _factory;
    private readonly GoAwayExchange _goAway;
    private readonly SessionEvents _events;
    private readonly List<HeaderField> _fields = [];

    public HeadersReceiver(
        SessionRole role,
        SessionSettings settings,
        HeaderBlockAssembler assembler,
        StreamTable streams,
        StreamCloser closer,
        StreamFactory factory,
        GoAwayExchange goAway,
        SessionEvents events)
    {
        _role = role;
        _settings = settings;
        _assembler = assembler;
        _decoder = new HpackDecoder(limits: settings.HeaderList);
        _streams = streams;
        _closer = closer;
        _factory = factory;
        _goAway = goAway;
        _events = events;
    }

    public Http2Error ReceiveHeaders(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var error = HeadersFrame.TryParse(header, payload, out var frame);
        if (error.IsNone)
        {
            error = _assembler.Begin(frame, out var block);
            if (error.IsNone && !_assembler.IsOpen)
            {
                error = ReceiveBlock(block);
            }
        }

        return error;
    }

    public Http2Error ReceiveContinuation(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var error = ContinuationFrame.TryParse(header, payload, out var frame);
        if (error.IsNone)
        {
            _assembler.Continue(frame, out var block);
            if (!_assembler.IsOpen)
            {
                error = ReceiveBlock(block);
            }
        }

        return error;
    }

    public void Dispose() => _assembler.Dispose();

    private Http2Error ReceiveBlock(ReadOnlySpan<byte> block)
    {
        var result = _decoder.Decode(block, _fields);
        _assembler.Close();
        switch (result.Outcome)
        {
            case HeaderListOutcome.Excessive:
                return Http2Error.Connection(ErrorCode.EnhanceYourCalm, "an excessive header list");
            case HeaderListOutcome.Error:
                return Http2Error.Connection(ErrorCode.CompressionError, "a field block that cannot be decoded");
        }

        var id = _assembler.StreamId;
        if (_goAway.Ignores(id))
        {
            return Http2Error.None;
        }

        var tooLarge = result.Outcome == HeaderListOutcome.TooLarge;
        if (_streams.Find(id) is { } stream)
        {
            var error = ReceiveOnStream(stream, tooLarge);
            return error.Scope == ErrorScope.Stream ? _closer.ResetByRule(id, error) : error;
        }

        if (_streams.IsPeers(id) && _streams.IsIdle(id))
        {
            ReceiveNew(id, tooLarge);
            return Http2Error.None;
        }

        // §5.1.1: an id below the highest one that was never opened cannot be opened any more.
        return _streams.IsPeers(id) && _streams.FindEnd(id) == StreamEnd.Forgotten
            ? Http2Error.Connection(ErrorCode.ProtocolError, "a stream id that does not grow")
            : _closer.ReceiveOnClosed(id);
    }

    private void ReceiveNew(int id, bool tooLarge)
    {
        _streams.UsePeerId(id);
        var isConnect = true;
        var error = CheckNew(tooLarge, ref isConnect);
        if (!error.IsNone)
        {
            _closer.Reject(id, error);
            return;
        }

        var end = _assembler.EndStream;
        var stream = _factory.Create(id);
        stream.Move(StreamInput.ReceiveHeaders);
        stream.HeadersReceived = true;
        stream.IsConnect = isConnect;
        _streams.Add(stream);
        _events.Raise(tooLarge
            ? SessionEvent.HeaderListTooLarge(stream, end)
            : SessionEvent.HeadersReceived(stream, _fields.ToArray(), end));
        EndIf(end, stream);
    }

    private Http2Error CheckNew(bool tooLarge, ref bool isConnect)
    {
        if (_streams.Count >= _settings.MaxConcurrentStreams)
        {
            return Http2Error.Stream(ErrorCode.RefusedStream, "over the limit of concurrent streams");
        }

        if (_assembler.DependsOnItself)
        {
            return Http2Error.Stream(ErrorCode.ProtocolError, "a stream depends on itself");
        }

        // Of a list that is too large only a part was kept: its shape is not known, and its answer is 431 anyway.
        if (tooLarge)
        {
            return Http2Error.None;
        }

        return RequestShape.Check(_fields, _settings.EnableConnectProtocol, out isConnect) is { } malformed
            ? Http2Error.Stream(ErrorCode.ProtocolError, malformed)
            : Http2Error.None;
    }

    private Http2Error ReceiveOnStream(Http2Stream stream, bool tooLarge)
    {
        if (!StreamTransitions.TryNext(stream.State, StreamInput.ReceiveHeaders, out _))
        {
            return StreamTransitions.ReceiveError(stream.State);
        }

        if (_assembler.DependsOnItself)
        {
            return Http2Error.Stream(ErrorCode.ProtocolError, "a stream depends on itself");
        }

        return stream.HeadersReceived ? ReceiveTrailers(stream) : ReceiveResponse(stream, tooLarge);
    }

    /// <summary>
    /// §8.5: a tunnel has no trailers. A request that is no CONNECT may have them: they end it, and nobody reads them.
    /// </summary>
    private Http2Error ReceiveTrailers(Http2Stream stream)
    {
        if (_role == SessionRole.Client || stream.IsConnect || !_assembler.EndStream)
        {
            return Http2Error.Stream(ErrorCode.ProtocolError, "HEADERS after the final HEADERS");
        }

        _events.Raise(SessionEvent.DataReceived(stream, default, endStream: true));
        EndIf(true, stream);
        return Http2Error.None;
    }

    private Http2Error ReceiveResponse(Http2Stream stream, bool tooLarge)
    {
        if (tooLarge)
        {
            return Http2Error.Stream(ErrorCode.EnhanceYourCalm, "a response with too large a header list");
        }

        if (ResponseShape.Check(_fields, out var status) is { } malformed)
        {
            return Http2Error.Stream(ErrorCode.ProtocolError, malformed);
        }

        var end = _assembler.EndStream;
        if (status < 200)
        {
            // §8.1: an interim response is followed by others, and says nothing here.
            return end
                ? Http2Error.Stream(ErrorCode.ProtocolError, "an interim response that ends its stream")
                : Http2Error.None;
        }

        stream.HeadersReceived = true;
        _events.Raise(SessionEvent.HeadersReceived(stream, _fields.ToArray(), end));
        EndIf(end, stream);
        return Http2Error.None;
    }

    private void EndIf(bool end, Http2Stream stream)
    {
        if (end)
        {
            _streams.End(stream, StreamInput.ReceiveEndStream);
        }
    }
}
