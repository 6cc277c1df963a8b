using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>What happened in a session; the members of <see cref="SessionEvent"/> that each kind fills stand in brackets.</summary>
public enum SessionEventKind
{
    /// <summary>The peer's SETTINGS were applied and acknowledged, its first or later ones.</summary>
    SettingsReceived,

    /// <summary>The peer acknowledged our SETTINGS, which are in force now.</summary>
    SettingsAcknowledged,

    /// <summary>
    /// A request (server) or the final response (client) came. [Stream, Fields, EndStream] Where EndStream is set no DataReceived follows.
    /// </summary>
    HeadersReceived,

    /// <summary>A request whose header list is over the limit came; the stream is open and waits for its 431. [Stream, EndStream]</summary>
    HeaderListTooLarge,

    /// <summary>
    /// Payload came. One DATA frame may come as several events. The last event of the direction has EndStream set, and may have no bytes;
    /// an event without bytes and without EndStream does not occur. [Stream, Data (the reader's), EndStream]
    /// </summary>
    DataReceived,

    /// <summary>
    /// The stream was reset: by the peer, or by us because the peer broke a rule on it. What was queued to be sent is gone; what was
    /// delivered before END_STREAM stays the caller's to deliver. [Stream, Code, ByPeer, Detail]
    /// </summary>
    StreamReset,

    /// <summary>END_STREAM went both ways. [Stream]</summary>
    StreamClosed,

    /// <summary>
    /// A request was answered with RST_STREAM before it became a stream that the caller knows: malformed, or over the limit of concurrent
    /// streams. For the log. [StreamId, Code, Detail]
    /// </summary>
    StreamRejected,

    /// <summary>
    /// Nothing is queued on the stream and its SendCapacity is above 0: it may be given payload. Said once, and again only after SendData,
    /// or after SendCapacity was read as 0. [Stream]
    /// </summary>
    SendReady,

    /// <summary>A PING came back. One that nobody sent is reported too: compare Opaque. [Opaque]</summary>
    PingAcknowledged,

    /// <summary>
    /// The peer takes no new streams. A StreamReset (RefusedStream, by the peer) follows for each of our streams above LastStreamId.
    /// [LastStreamId, Code, Detail]
    /// </summary>
    GoAwayReceived,

    /// <summary>The second GOAWAY of <see cref="Http2Session.BeginGoAway"/> was queued: no new stream will come. [LastStreamId]</summary>
    GoAwayCompleted,

    /// <summary>
    /// The peer broke a rule of the connection. GOAWAY is queued as output, every stream is gone, further input is ignored. It is the last
    /// event. [Code, Detail, Foreign]
    /// </summary>
    SessionFailed,
}

/// <summary>An event of a session. Only the members that <see cref="SessionEventKind"/> names for the kind are set.</summary>
public readonly struct SessionEvent
{
    /// <summary>What happened.</summary>
    public SessionEventKind Kind { get; private init; }

    /// <summary>The stream that it happened to.</summary>
    public Http2Stream? Stream { get; private init; }

    /// <summary>The id of <see cref="Stream"/>, or of a stream that never became one; 0 for the connection.</summary>
    public int StreamId { get; private init; }

    /// <summary>Payload, which the reader of the event owns.</summary>
    public Slice Data { get; private init; }

    /// <summary>Whether the peer has ended its direction.</summary>
    public bool EndStream { get; private init; }

    /// <summary>The header list, in the order of the wire, pseudo-header fields first.</summary>
    public IReadOnlyList<HeaderField>? Fields { get; private init; }

    /// <summary>The error code; a peer may send values that <see cref="ErrorCode"/> does not name.</summary>
    public ErrorCode Code { get; private init; }

    /// <summary>Whether the peer ended it, and not we.</summary>
    public bool ByPeer { get; private init; }

    /// <summary>What the PING carried.</summary>
    public long Opaque { get; private init; }

    /// <summary>A text for the log; printable ASCII also where it came from the peer.</summary>
    public string? Detail { get; private init; }

    /// <summary>The highest stream that may have been acted on.</summary>
    public int LastStreamId { get; private init; }

    /// <summary>What the peer seems to speak, where it is not HTTP/2.</summary>
    public ForeignProtocol Foreign { get; private init; }

    internal static SessionEvent SettingsReceived() => new() { Kind = SessionEventKind.SettingsReceived };

    internal static SessionEvent SettingsAcknowledged() => new() { Kind = SessionEventKind.SettingsAcknowledged };

    internal static SessionEvent HeadersReceived(Http2Stream stream, IReadOnlyList<HeaderField> fields, bool endStream) => new()
    {
        Kind = SessionEventKind.HeadersReceived, Stream = stream, StreamId = stream.Id, Fields = fields, EndStream = endStream,
    };

    internal static SessionEvent HeaderListTooLarge(Http2Stream stream, bool endStream) => new()
    {
        Kind = SessionEventKind.HeaderListTooLarge, Stream = stream, StreamId = stream.Id, EndStream = endStream,
    };

    internal static SessionEvent DataReceived(Http2Stream stream, Slice data, bool endStream) => new()
    {
        Kind = SessionEventKind.DataReceived, Stream = stream, StreamId = stream.Id, Data = data, EndStream = endStream,
    };

    internal static SessionEvent StreamReset(Http2Stream stream, ErrorCode code, bool byPeer, string? detail) => new()
    {
        Kind = SessionEventKind.StreamReset, Stream = stream, StreamId = stream.Id, Code = code, ByPeer = byPeer, Detail = detail,
    };

    internal static SessionEvent StreamClosed(Http2Stream stream) => new()
    {
        Kind = SessionEventKind.StreamClosed, Stream = stream, StreamId = stream.Id,
    };

    internal static SessionEvent StreamRejected(int streamId, Http2Error error) => new()
    {
        Kind = SessionEventKind.StreamRejected, StreamId = streamId, Code = error.Code, Detail = error.Detail,
    };

    internal static SessionEvent SendReady(Http2Stream stream) => new()
    {
        Kind = SessionEventKind.SendReady, Stream = stream, StreamId = stream.Id,
    };

    internal static SessionEvent PingAcknowledged(long opaque) => new() { Kind = SessionEventKind.PingAcknowledged, Opaque = opaque };

    internal static SessionEvent GoAwayReceived(GoAwayFrame frame) => new()
    {
        Kind = SessionEventKind.GoAwayReceived, LastStreamId = frame.LastStreamId, Code = frame.Code, ByPeer = true, Detail = frame.Debug,
    };

    internal static SessionEvent GoAwayCompleted(int lastStreamId) => new()
    {
        Kind = SessionEventKind.GoAwayCompleted, LastStreamId = lastStreamId,
    };

    internal static SessionEvent SessionFailed(Http2Error error, ForeignProtocol foreign) => new()
    {
        Kind = SessionEventKind.SessionFailed, Code = error.Code, Detail = error.Detail, Foreign = foreign,
    };
}
