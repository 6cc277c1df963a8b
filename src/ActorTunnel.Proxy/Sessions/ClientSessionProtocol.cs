using System.Net.Security;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Sessions;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>What a session that we opened tells the pool of its upstream.</summary>
internal static class ClientSessionProtocol
{
    /// <summary>The peer's SETTINGS came.</summary>
    /// <param name="PeerLimit">Streams that the peer lets us have open at once; told again when it changes.</param>
    /// <param name="Load">How busy it is.</param>
    public sealed record SessionReady(uint PeerLimit, SessionLoad Load);

    /// <summary>It takes no new tunnels and lives until its last one ends.</summary>
    /// <param name="Why">For the log.</param>
    /// <param name="ByTerminator">GOAWAY came.</param>
    public sealed record SessionRetired(string Why, bool ByTerminator);

    /// <summary>The stream of a tunnel is closed: there is room for another.</summary>
    public sealed record TunnelOver
    {
        public static readonly TunnelOver Instance = new();
    }

    /// <summary>It never became a stream: nothing was sent.</summary>
    public sealed record TunnelReturned(TunnelProtocol.OpenTunnel Request);

    /// <summary>
    /// It was a stream and found no tunnel, but may on another try: the terminator refused it for its own sake, or the session was lost before the answer. Goes from the tunnel to
    /// the session and from there to the pool, so that the pool has heard before what befell the session.
    /// </summary>
    /// <param name="Request">As it was given.</param>
    /// <param name="Failure">What its requester is told where there is no other try; it has a route.</param>
    /// <param name="BySession">Whether it was refused unseen, so that another session to the same terminator may take it.</param>
    public sealed record TunnelRefused(TunnelProtocol.OpenTunnel Request, TunnelProtocol.TunnelFailed Failure, bool BySession);

    /// <summary>It is over. Where it never became ready, <paramref name="Failure"/> says why. Answered with <see cref="NoMoreTunnels"/>.</summary>
    public sealed record SessionOver(bool WasReady, bool Lost, ConnectFailure Failure, string Detail);

    /// <summary>To the session: it is given no tunnel from now on, so it may stop when what it has is settled.</summary>
    public sealed record NoMoreTunnels
    {
        public static readonly NoMoreTunnels Instance = new();
    }

    /// <summary>To the session, from a tunnel of it: its stream was reset before the terminator had answered.</summary>
    public sealed record ResetUnanswered
    {
        public static readonly ResetUnanswered Instance = new();
    }

    /// <summary>To the session: end in order once no tunnel is left. It passes it on to its tunnels, and whom nobody waits for any more ends at once.</summary>
    public sealed record Retire(string Why);

    /// <summary>To the session: shake hands with these, or be retired if that has begun.</summary>
    public sealed record ReplaceTls(SslClientAuthenticationOptions Options);
}
