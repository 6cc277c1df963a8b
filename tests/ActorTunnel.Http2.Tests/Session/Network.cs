using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>
/// The other end of the connection of one session: it sends frames to it, expects frames and events from it, and fails the test when the
/// session oversteps a window. Frames that acknowledge or announce at the start are taken out of the way by <see cref="Connected"/>.
/// </summary>
public sealed class Network : IDisposable
{
    public static readonly (string, string)[] Connect = [(":method", "CONNECT"), (":authority", "host.com:443")];
    public static readonly (string, string)[] Ok = [(":status", "200")];

    private readonly Queue<WireFrame> _frames = new();
    private readonly Queue<SessionEvent> _events = new();
    private readonly HpackDecoder _decoder = new(limits: new HeaderListLimits { MaxSize = 64 * 1024 });
    private readonly SliceQueue _output = new();
    private readonly Dictionary<int, long> _streamWindows = [];
    private long _connectionWindow = 65_535;
    private int _initialWindow = 65_535;

    public Network(SessionRole role, SessionSettings? settings = null, int firstStreamId = 1)
    {
        Role = role;
        Settings = settings ?? new SessionSettings();
        Session = new Http2Session(role, Settings, Pool, firstStreamId);
    }

    public SessionRole Role { get; }

    public SessionSettings Settings { get; }

    public BufferPool Pool { get; } = new();

    public Http2Session Session { get; }

    /// <summary>The bytes of the last output, slice by slice.</summary>
    public List<int> LastSliceLengths { get; } = [];

    /// <summary>A session of <paramref name="role"/> whose prefaces and SETTINGS went both ways.</summary>
    public static Network Connected(SessionRole role, SessionSettings? settings = null, params (int, uint)[] peerSettings)
    {
        var network = new Network(role, settings);
        network.Handshake(peerSettings);
        return network;
    }

    public void Handshake(params (int Id, uint Value)[] peerSettings)
    {
        if (Role == SessionRole.Server)
        {
            Send(Wire.Preface);
        }
        else
        {
            ExpectPreface();
        }

        ExpectFrame(FrameType.Settings);
        while (_frames.TryPeek(out var frame) && frame.FrameType == FrameType.WindowUpdate)
        {
            _frames.Dequeue();
        }

        SendSettings(peerSettings);
        ExpectEvent(SessionEventKind.SettingsReceived);
        Assert.True(ExpectFrame(FrameType.Settings).Ack);
        Send(Wire.SettingsAck);
        ExpectEvent(SessionEventKind.SettingsAcknowledged);
    }

    /// <summary>Sends bytes as they are and reads the events that come of it.</summary>
    public void Send(params byte[][] frames)
    {
        foreach (var bytes in frames)
        {
            Slices.Feed(Session, Pool, bytes);
            ReadEvents();
        }
    }

    public void SendSettings(params (int Id, uint Value)[] entries)
    {
        foreach (var (id, value) in entries)
        {
            if (id == (int)SettingId.InitialWindowSize && value <= int.MaxValue)
            {
                foreach (var stream in _streamWindows.Keys.ToArray())
                {
                    _streamWindows[stream] += (int)value - _initialWindow;
                }

                _initialWindow = (int)value;
            }
        }

        Send(Wire.Settings(entries));
    }

    public void SendWindowUpdate(int streamId, int increment)
    {
        if (streamId == 0)
        {
            _connectionWindow += increment;
        }
        else
        {
            _streamWindows[streamId] = WindowOf(streamId) + increment;
        }

        Send(Wire.WindowUpdate(streamId, increment));
    }

    /// <summary>Sends a CONNECT and returns the stream that the session made of it.</summary>
    public Http2Stream Request(int streamId, bool endStream = false)
    {
        Send(Wire.Headers(streamId, Connect, endStream));
        return ExpectEvent(SessionEventKind.HeadersReceived).Stream!;
    }

    /// <summary>Sends a CONNECT and lets the session answer it with 200.</summary>
    public Http2Stream Tunnel(int streamId)
    {
        var stream = Request(streamId);
        Session.SendHeaders(stream, [new HeaderField(":status", "200")], endStream: false);
        ExpectFrame(FrameType.Headers, streamId);
        ReadEvents();
        DropEvents(SessionEventKind.SendReady);
        return stream;
    }

    /// <summary>Lets the session open a stream.</summary>
    public Http2Stream Open()
    {
        var stream = Session.OpenStream([new(":method", "CONNECT"), new(":authority", "host.com:443")]);
        ExpectFrame(FrameType.Headers, stream.Id);
        ReadEvents();
        DropEvents(SessionEventKind.SendReady);
        return stream;
    }

    /// <summary>Lets the session open a stream and answers it with 200.</summary>
    public Http2Stream OpenAnswered()
    {
        var stream = Open();
        Send(Wire.Headers(stream.Id, Ok));
        ExpectEvent(SessionEventKind.HeadersReceived);
        return stream;
    }

    public void SessionSends(Http2Stream stream, byte[] payload) => Session.SendData(stream, Slices.From(Pool, payload));

    public void ExpectPreface()
    {
        Pull(prefaceBytes: Wire.Preface.Length);
    }

    public WireFrame ExpectFrame(FrameType type, int? streamId = null)
    {
        Pull();
        Assert.True(_frames.TryDequeue(out var frame), $"expected {type}, got nothing");
        Assert.Equal(type, frame.FrameType);
        if (streamId is { } id)
        {
            Assert.Equal(id, frame.StreamId);
        }

        return frame;
    }

    public void ExpectReset(int streamId, ErrorCode code) =>
        Assert.Equal(code, (ErrorCode)ExpectFrame(FrameType.ResetStream, streamId).UInt32());

    public void ExpectGoAway(ErrorCode code, int? lastStreamId = null)
    {
        var frame = ExpectFrame(FrameType.GoAway, 0);
        Assert.Equal(code, (ErrorCode)frame.UInt32(4));
        if (lastStreamId is { } last)
        {
            Assert.Equal(last, (int)frame.UInt32());
        }
    }

    public void ExpectWindowUpdate(int streamId, int increment) =>
        Assert.Equal(increment, (int)ExpectFrame(FrameType.WindowUpdate, streamId).UInt32());

    public WireFrame ExpectData(int streamId, int length, bool endStream = false)
    {
        var frame = ExpectFrame(FrameType.Data, streamId);
        Assert.Equal(length, frame.Payload.Length);
        Assert.Equal(endStream, frame.EndStream);
        return frame;
    }

    public List<HeaderField> ExpectHeaders(int streamId)
    {
        var block = ExpectFrame(FrameType.Headers, streamId);
        var bytes = new List<byte>(block.Payload);
        while (!block.EndHeaders)
        {
            block = ExpectFrame(FrameType.Continuation, streamId);
            bytes.AddRange(block.Payload);
        }

        var fields = new List<HeaderField>();
        Assert.Equal(HeaderListOutcome.Ok, _decoder.Decode(bytes.ToArray(), fields).Outcome);
        return fields;
    }

    /// <summary>The session breaks off: GOAWAY on the wire, one event, and nothing open.</summary>
    public SessionEvent ExpectFailure(ErrorCode code)
    {
        DropEvents(SessionEventKind.SendReady);
        var e = ExpectEvent(SessionEventKind.SessionFailed);
        Assert.Equal(code, e.Code);
        Pull();
        var last = _frames.Last();
        Assert.Equal(FrameType.GoAway, last.FrameType);
        Assert.Equal(code, (ErrorCode)last.UInt32(4));
        Assert.Equal(0, Session.OpenStreams);
        Assert.True(Session.IsFailed);
        return e;
    }

    /// <summary>The peer broke a rule of a stream: RST_STREAM on the wire and an event, and the connection lives.</summary>
    public SessionEvent ExpectStreamError(int streamId, ErrorCode code)
    {
        ExpectReset(streamId, code);
        var e = ExpectEvent(SessionEventKind.StreamReset);
        Assert.Equal(streamId, e.StreamId);
        Assert.Equal(code, e.Code);
        Assert.False(e.ByPeer);
        Assert.False(Session.IsFailed);
        return e;
    }

    public void ExpectNoFrames()
    {
        Pull();
        Assert.Empty(_frames);
    }

    public SessionEvent ExpectEvent(SessionEventKind kind)
    {
        ReadEvents();
        Assert.True(_events.TryDequeue(out var e), $"expected {kind}, got nothing");
        Assert.True(kind == e.Kind, $"expected {kind}, got {e.Kind} {e.Code} {e.Detail}");
        return e;
    }

    /// <summary>Payload of one or several events of a stream; it is repaid where <paramref name="repay"/>.</summary>
    public byte[] ExpectPayload(Http2Stream stream, int length, bool endStream = false, bool repay = false)
    {
        var bytes = new List<byte>();
        while (true)
        {
            var e = ExpectEvent(SessionEventKind.DataReceived);
            Assert.Same(stream, e.Stream);
            bytes.AddRange(e.Data.Span);
            e.Data.Dispose();
            if (bytes.Count >= length && e.EndStream == endStream)
            {
                break;
            }

            Assert.False(e.EndStream);
        }

        Assert.Equal(length, bytes.Count);
        if (repay)
        {
            Session.Repay(stream, length);
        }

        return [.. bytes];
    }

    public void ExpectNoEvents()
    {
        ReadEvents();
        Assert.True(_events.Count == 0, $"got {string.Join(", ", _events.Select(e => e.Kind))}");
    }

    public void DropEvents(SessionEventKind kind)
    {
        ReadEvents();
        for (var i = _events.Count; i > 0; i--)
        {
            var e = _events.Dequeue();
            if (e.Kind != kind)
            {
                _events.Enqueue(e);
            }
        }
    }

    /// <summary>Takes output in turns of <paramref name="budget"/> bytes and returns the frames of one turn.</summary>
    public List<WireFrame> Turn(int budget)
    {
        Assert.Empty(_frames);
        PullOnce(budget, 0);
        var frames = _frames.ToList();
        _frames.Clear();
        return frames;
    }

    public void DropFrames() => TakeFrames();

    /// <summary>All frames of all output.</summary>
    public List<WireFrame> TakeFrames()
    {
        Pull();
        var frames = _frames.ToList();
        _frames.Clear();
        return frames;
    }

    /// <summary>Disposes the payload of all events.</summary>
    public void DropPayload()
    {
        ReadEvents();
        foreach (var e in _events)
        {
            e.Data.Dispose();
        }

        DropEvents(SessionEventKind.DataReceived);
    }

    /// <summary>Ends the session; whatever happened, every block must have come back.</summary>
    public void Dispose()
    {
        Session.Dispose();
        foreach (var e in _events)
        {
            e.Data.Dispose();
        }

        Assert.Equal(Pool.Rented, Pool.Returned);
    }

    private long WindowOf(int streamId) => _streamWindows.GetValueOrDefault(streamId, _initialWindow);

    private void ReadEvents()
    {
        while (Session.TryReadEvent(out var e))
        {
            _events.Enqueue(e);
        }
    }

    private void Pull(int prefaceBytes = 0)
    {
        while (Session.HasOutput)
        {
            PullOnce(int.MaxValue, prefaceBytes);
            prefaceBytes = 0;
        }
    }

    private void PullOnce(int budget, int prefaceBytes)
    {
        Session.TakeOutput(_output, budget);
        Assert.False(_output.IsEmpty, "there was output and nothing was taken");
        LastSliceLengths.Clear();
        var bytes = new List<byte>();
        while (_output.TryDequeue(out var slice))
        {
            LastSliceLengths.Add(slice.Length);
            bytes.AddRange(slice.Span);
            slice.Dispose();
        }

        Assert.Equal(Wire.Preface.AsSpan(0, prefaceBytes), bytes.ToArray().AsSpan(0, prefaceBytes));
        var frames = WireFrame.ReadAll(bytes.ToArray().AsSpan(prefaceBytes), out var used);
        Assert.Equal(bytes.Count - prefaceBytes, used);
        foreach (var frame in frames)
        {
            Count(frame);
            _frames.Enqueue(frame);
        }
    }

    private void Count(WireFrame frame)
    {
        if (frame.FrameType == FrameType.Data)
        {
            _connectionWindow -= frame.Payload.Length;
            _streamWindows[frame.StreamId] = WindowOf(frame.StreamId) - frame.Payload.Length;
            Assert.True(frame.Payload.Length == 0 || _connectionWindow >= 0, "the session oversteps the connection's window");
            Assert.True(frame.Payload.Length == 0 || WindowOf(frame.StreamId) >= 0, "the session oversteps a stream's window");
        }
    }
}

/// <summary>Slices for tests.</summary>
public static class Slices
{
    /// <summary>A slice of a new block that begins <paramref name="start"/> bytes into it.</summary>
    public static Slice From(BufferPool pool, ReadOnlySpan<byte> bytes, int start = 9)
    {
        var block = pool.Rent();
        bytes.CopyTo(block.Array.AsSpan(start));
        return block.AsSlice(start, bytes.Length);
    }

    /// <summary>Gives bytes to a session, in as many slices as they need.</summary>
    public static void Feed(Http2Session session, BufferPool pool, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, 60_000)];
            session.Receive(From(pool, part));
            bytes = bytes[part.Length..];
        }
    }
}
