using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;

namespace ActorTunnel.Proxy.Status;

/// <summary>What may become of a tunnel to an endpoint.</summary>
public enum EndpointState
{
    /// <summary>Nothing is open to it; the next tunnel will dial.</summary>
    Idle,

    /// <summary>A session to it is on its way.</summary>
    Dialing,

    /// <summary>A session to it takes tunnels.</summary>
    Ready,

    /// <summary>Its last session failed; it is not dialled before the backoff is over.</summary>
    Backoff,

    /// <summary>An origin to which tunnels are open or being dialled.</summary>
    InUse,

    /// <summary>DNS or the mesh names it no more; what is open to it goes on.</summary>
    Removed,
}

/// <summary>An endpoint of an upstream.</summary>
/// <param name="Address">Its identity in logs.</param>
/// <param name="Addresses">What would be dialled, in order; empty: its name is resolved at each dial.</param>
/// <param name="State">What a new tunnel would find.</param>
/// <param name="Sessions">Sessions that have not ended, retired ones included; 0 for an origin.</param>
/// <param name="RetiredSessions">Of these, those that take no new tunnels.</param>
/// <param name="Load">Tunnels that are open, being opened, or waiting.</param>
/// <param name="Waiting">Of these, those without a session yet.</param>
/// <param name="BackoffLeft">Until it may be dialled again; zero where it may be now.</param>
public sealed record EndpointStatus(
    EndpointAddress Address,
    ImmutableArray<IPAddress> Addresses,
    EndpointState State,
    int Sessions,
    int RetiredSessions,
    int Load,
    int Waiting,
    TimeSpan BackoffLeft)
{
    /// <summary>What the mesh says of it; null outside a mesh.</summary>
    public MeshEndpointStatus? Mesh { get; init; }
}

/// <summary>What the mesh says of a terminator.</summary>
/// <param name="Zone">Where it stands, or null.</param>
/// <param name="Presence">Whether it is heard.</param>
/// <param name="Draining">Whether it takes no new tunnels.</param>
/// <param name="Load">Its latest report; null where that is too old to count, or never came.</param>
public sealed record MeshEndpointStatus(string? Zone, TerminatorPresence Presence, bool Draining, TerminatorLoad? Load);

/// <summary>How the look-ups of one name stand.</summary>
/// <param name="Name">The host name.</param>
/// <param name="Addresses">The last good answer; empty where there never was one.</param>
/// <param name="AnswerAge">Since the last good answer; null where there never was one.</param>
/// <param name="Failure">Why the latest look-up failed; null where it did not.</param>
public sealed record DnsNameStatus(string Name, ImmutableArray<IPAddress> Addresses, TimeSpan? AnswerAge, string? Failure);

/// <summary>The look-ups of an upstream.</summary>
/// <param name="Upstream">Its name.</param>
/// <param name="Names">One for each configured endpoint.</param>
public sealed record DnsStatus(string Upstream, ImmutableArray<DnsNameStatus> Names);

/// <summary>An upstream at the moment in which its actor was asked.</summary>
/// <param name="Name">As configured.</param>
/// <param name="Protocol">What its endpoints speak.</param>
/// <param name="Type">Where its endpoints come from.</param>
/// <param name="LoadBalancing">How a tunnel picks one.</param>
/// <param name="Unplaced">Tunnels that wait for the first list of endpoints, or rest before another try.</param>
/// <param name="Endpoints">Those that new tunnels may use, then removed ones.</param>
public sealed record UpstreamStatus(
    string Name,
    UpstreamProtocol Protocol,
    UpstreamType Type,
    LoadBalancing LoadBalancing,
    int Unplaced,
    ImmutableArray<EndpointStatus> Endpoints)
{
    /// <summary>Null where there are no names to look up, and where its actor did not answer.</summary>
    public DnsStatus? Dns { get; init; }
}
