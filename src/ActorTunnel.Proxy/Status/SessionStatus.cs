using System.Net;

namespace ActorTunnel.Proxy.Status;

/// <summary>Who opened a session.</summary>
public enum SessionOpener
{
    /// <summary>We dialled a terminator.</summary>
    Us,

    /// <summary>A listener of ours accepted it.</summary>
    Peer,
}

/// <summary>Where a session is in its life.</summary>
public enum SessionState
{
    Dialing,

    /// <summary>Connected; TLS or the peer's SETTINGS are awaited.</summary>
    Handshaking,

    Ready,

    /// <summary>It takes no new tunnels and lives until its last one ends.</summary>
    Retired,

    /// <summary>It is over; the ends of its tunnels are being written down.</summary>
    Ending,
}

/// <summary>A session at the moment in which its actor was asked.</summary>
/// <param name="Name">The actor's path below <c>/user</c>, as in the logs.</param>
/// <param name="OpenedBy">Who opened it.</param>
/// <param name="Owner">The name of its listener or upstream.</param>
/// <param name="Endpoint">The terminator that was dialled; null for an accepted one.</param>
/// <param name="Local">Our end; null before it is connected.</param>
/// <param name="Remote">The peer's end; null before it is connected.</param>
/// <param name="Protocol"><c>h2</c>, or <c>http/1.1</c> for a client's connection that is one tunnel; null before that is known.</param>
/// <param name="Security">TLS version and cipher suite, or <c>cleartext</c>; null before that is known.</param>
/// <param name="PeerSubject">Subject of the peer's certificate, or null.</param>
/// <param name="State">Where it is.</param>
/// <param name="OpenTunnels">Streams with an actor.</param>
/// <param name="MaxTunnels">Tunnels that may be open at once, as both sides' limits have it; null before that is known.</param>
/// <param name="PeerLimit">Streams that the peer lets us open at once; null before its SETTINGS and for an accepted session.</param>
/// <param name="Age">Since it was dialled or accepted.</param>
public sealed record SessionStatus(
    string Name,
    SessionOpener OpenedBy,
    string Owner,
    string? Endpoint,
    IPEndPoint? Local,
    IPEndPoint? Remote,
    string? Protocol,
    string? Security,
    string? PeerSubject,
    SessionState State,
    int OpenTunnels,
    long? MaxTunnels,
    long? PeerLimit,
    TimeSpan Age);
