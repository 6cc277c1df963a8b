using System.Net;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Proxy.Status;

/// <summary>Where a tunnel is in its life.</summary>
public enum TunnelState
{
    /// <summary>Not answered yet.</summary>
    Opening,

    /// <summary>Bytes may flow.</summary>
    Open,

    /// <summary>It failed or was given up; its last messages are awaited.</summary>
    Closing,
}

/// <summary>A tunnel at the moment in which its actor was asked.</summary>
/// <param name="Path">Of the actor that answers for it, below <c>/user</c>.</param>
/// <param name="State">Where it is.</param>
/// <param name="Listener">The listener's name.</param>
/// <param name="Downstream">Who dialled us.</param>
/// <param name="Authority">The CONNECT's, as it was sent: a peer may have written anything.</param>
/// <param name="Upstream">The upstream's name; null where no route was found.</param>
/// <param name="Endpoint">The endpoint; null before there is one.</param>
/// <param name="Session">The session's path; null before there is one.</param>
/// <param name="StreamId">The stream's id; null before there is one.</param>
/// <param name="Age">Since the connection was accepted, or the CONNECT came.</param>
/// <param name="BytesToUpstream">Payload bytes so far, counted as in the access log.</param>
/// <param name="BytesToDownstream">Payload bytes so far, counted as in the access log.</param>
public sealed record TunnelStatus(
    string Path,
    TunnelState State,
    string Listener,
    IPEndPoint? Downstream,
    string? Authority,
    string? Upstream,
    EndpointAddress? Endpoint,
    string? Session,
    int? StreamId,
    TimeSpan Age,
    long BytesToUpstream,
    long BytesToDownstream);
