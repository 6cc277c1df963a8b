using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;

namespace ActorTunnel.Transport.Sessions;

/// <summary>What a session's stage tells the session's actor.</summary>
public static class SessionProtocol
{
    /// <summary>The peer's first SETTINGS came: the session can be used. On an HTTP/1.1 connection: its request came.</summary>
    /// <param name="PeerMaxConcurrentStreams">Streams that the peer lets us have open at once.</param>
    public sealed record PeerReady(uint PeerMaxConcurrentStreams);

    /// <summary>The peer sent SETTINGS again.</summary>
    /// <inheritdoc cref="PeerReady"/>
    public sealed record PeerLimitChanged(uint PeerMaxConcurrentStreams);

    /// <summary>The peer opened a stream.</summary>
    /// <param name="Port">To answer on.</param>
    /// <param name="Fields">The request; empty where it was too large.</param>
    /// <param name="HeaderListTooLarge">The header list was over the limit.</param>
    public sealed record TunnelRequested(TunnelPort Port, IReadOnlyList<HeaderField> Fields, bool HeaderListTooLarge);

    /// <summary>A request over HTTP/1.1 that can only be refused.</summary>
    /// <param name="Port">To answer on.</param>
    /// <param name="Status">The answer's.</param>
    /// <param name="Detail">A short phrase that repeats nothing of the request.</param>
    public sealed record RequestRefused(TunnelPort Port, int Status, string Detail);

    /// <summary>The answer to <see cref="SessionHandle.Open"/>: the stream is open and its HEADERS are on their way.</summary>
    /// <param name="Token">As given with the command.</param>
    /// <param name="Port">The tunnel's.</param>
    public sealed record TunnelOpened(object Token, TunnelPort Port);

    /// <summary>The answer to <see cref="SessionHandle.Open"/>: this session takes no stream now; nothing was sent.</summary>
    /// <param name="Token">As given with the command.</param>
    /// <param name="ForGood">Whether it never will again.</param>
    public sealed record TunnelNotOpened(object Token, bool ForGood);

    /// <summary>
    /// A stream that we opened has ended both ways or was reset, and what goes out for that is ahead of any later stream's: from now on it counts no more against the
    /// peer's limit. Its relay may have ended long before, or may still deliver. Not told when the session ends.
    /// </summary>
    public sealed record TunnelClosed
    {
        public static readonly TunnelClosed Instance = new();
    }

    /// <summary>A request was refused before it became a tunnel.</summary>
    public sealed record TunnelRejected(int StreamId, ErrorCode Code, string? Detail);

    /// <summary>GOAWAY came: no new streams.</summary>
    public sealed record GoAwayReceived(int LastStreamId, ErrorCode Code, string? Detail);

    /// <summary>Our second GOAWAY is out: no stream will be opened any more.</summary>
    public sealed record GoAwayCompleted;

    /// <summary>
    /// The last message: the session is over, and so are all its tunnels. It is the answer to every <see cref="SessionHandle.Open"/> that had none, and comes before the tunnels' own actors are told.
    /// </summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Code">The HTTP/2 error, where there is one.</param>
    /// <param name="Detail">For the log.</param>
    /// <param name="Foreign">What the peer seems to speak instead of HTTP/2.</param>
    /// <param name="WasReady">Whether the peer's SETTINGS had come.</param>
    public sealed record SessionEnded(SessionEndReason Reason, ErrorCode Code, string Detail, ForeignProtocol Foreign, bool WasReady);
}

/// <summary>What a session's stage tells the actor of one tunnel.</summary>
public static class TunnelPortProtocol
{
    /// <summary>The final response came (client).</summary>
    /// <param name="Fields">With <c>:status</c>.</param>
    /// <param name="EndStream">The origin has finished already.</param>
    public sealed record ResponseReceived(IReadOnlyList<HeaderField> Fields, bool EndStream);

    /// <summary>The stream was reset.</summary>
    /// <param name="Code">Why; <see cref="ErrorCode.RefusedStream"/> by the peer is safe to retry.</param>
    /// <param name="ByPeer">False: by us, because the peer broke a rule.</param>
    public sealed record StreamWasReset(ErrorCode Code, bool ByPeer, string? Detail);

    /// <summary>The peer ended its direction.</summary>
    public sealed record EndReceived;

    /// <summary>The session is over. The stream's fate at the peer is unknown.</summary>
    public sealed record SessionWasLost;
}

/// <summary>How a session ended.</summary>
public enum SessionEndReason
{
    /// <summary>
    /// By <see cref="SessionHandle.Close"/>, or by the peer after GOAWAY when no stream was open. Over HTTP/1.1: with its one tunnel, which knows how.
    /// </summary>
    Orderly,

    /// <summary>The transport ended or failed.</summary>
    TransportLost,

    /// <summary>The peer broke HTTP/2.</summary>
    PeerError,

    /// <summary>TLS refused the peer, or the peer us.</summary>
    TlsRefused,

    /// <summary>Nothing came for <see cref="SessionTimeouts.PingTimeout"/>, not even the answer to a PING.</summary>
    PeerSilent,

    /// <summary>The transport took nothing for <see cref="SessionTimeouts.WriteTimeout"/>.</summary>
    WriteStalled,

    /// <summary>By <see cref="SessionHandle.Abort"/>.</summary>
    Aborted,
}
