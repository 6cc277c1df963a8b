using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Proxy.Routing;

/// <summary>One connection as its templates see it. What is null is not known, and a template that uses it cannot be rendered.</summary>
public readonly record struct HeaderTemplateContext
{
    /// <summary>Our end, or what a PROXY header says of it.</summary>
    public IPEndPoint? DownstreamLocal { get; init; }

    /// <summary>The client's end, or what a PROXY header says of it.</summary>
    public IPEndPoint? DownstreamRemote { get; init; }

    /// <summary>As <see cref="Routing.RequestedServerName.TryParse"/> gives it, or the listener's default.</summary>
    public string? RequestedServerName { get; init; }

    /// <summary>Where an intercepted connection was going.</summary>
    public IPEndPoint? OriginalDestination { get; init; }

    /// <summary>The connection's name among those of the node.</summary>
    public string? ConnectionId { get; init; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <summary>A connection of which everything is known, to find out what shape a template gives (addresses of RFC 5737 and RFC 3849).</summary>
    public static HeaderTemplateContext Example(AddressFamily family)
    {
        var network = family == AddressFamily.InterNetworkV6 ? "2001:db8::" : "192.0.2.";
        return new HeaderTemplateContext
        {
            DownstreamLocal = new IPEndPoint(IPAddress.Parse(network + "1"), 443),
            DownstreamRemote = new IPEndPoint(IPAddress.Parse(network + "2"), 50_000),
            RequestedServerName = "host.example",
            OriginalDestination = new IPEndPoint(IPAddress.Parse(network + "3"), 443),
            ConnectionId = "listeners/in/connection-1",
            StartTime = DateTimeOffset.UnixEpoch,
        };
    }
}

/// <summary>What a template takes from the node when it is parsed.</summary>
/// <param name="HostName"><c>%HOSTNAME%</c>.</param>
/// <param name="Environment"><c>%ENVIRONMENT(X)%</c>: a variable's value, null where it is not set.</param>
public sealed record HeaderTemplateConstants(string HostName, Func<string, string?> Environment);
