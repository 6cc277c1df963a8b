using System.Net.Security;
using ActorTunnel.Proxy.Tunnels;

namespace ActorTunnel.Proxy.Sessions;

/// <summary>What a session that we opened tells the pool of its upstream.</summary>
internal static class ClientSessionProtocol
{
    /// <summary>The peer's SETTINGS came.</summary>
    /// <param name="PeerLimit">Streams that the peer lets us have open at once; told again when it changes.</param>
    public sealed record SessionReady(uint PeerLimit);

    /// <summary>It takes no new tunnels and lives until its last one ends.</summary>
    public sealed record SessionRetired(string Why);

    /// <summary>A tunnel of it is over, or was never opened.</summary>
    public sealed record TunnelOver;

    /// <summary>It had no room; nothing was sent.</summary>
    public sealed record TunnelReturned(TunnelProtocol.OpenTunnel Request);

    /// <summary>It is over. Where it never became ready, <paramref name="Failure"/> says why.</summary>
    public sealed record SessionOver(bool WasReady, bool Lost, ConnectFailure Failure, string Detail);

    /// <summary>To the session, from a tunnel of it: its stream was reset before the terminator had answered.</summary>
    public sealed record ResetUnanswered
    {
        public static readonly ResetUnanswered Instance = new();
    }

    /// <summary>To the session: end in order once no tunnel is left.</summary>
    public sealed record Retire(string Why);

    /// <summary>To the session: shake hands with these, or be retired if that has begun.</summary>
    public sealed record ReplaceTls(SslClientAuthenticationOptions Options);
}
