using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh;

/// <summary>How a node takes part in the mesh, validated.</summary>
public sealed record MeshSettings
{
    /// <summary>The node's name, for people; <c>[a-z][a-z0-9-]*</c>.</summary>
    public required string NodeName { get; init; }

    /// <summary>Where Akka.Remote listens; port 0 takes a free one, again for each life.</summary>
    public required IPEndPoint Bind { get; init; }

    /// <summary>What other members dial; null: the bound address. Port 0: the bound port.</summary>
    public EndpointAddress? Advertise { get; init; }

    /// <summary>Akka addresses of members to join. Empty: this node begins a mesh of its own, which others join.</summary>
    public ImmutableArray<EndpointAddress> Seeds { get; init; } = [];

    /// <summary>Where the node stands; <c>[a-z][a-z0-9-]*</c>, or null.</summary>
    public string? Zone { get; init; }

    /// <summary>Roles besides <c>terminator</c> and <c>encapsulator</c>, for upstreams to choose by; <c>[a-z][a-z0-9-]*</c>.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>Null: cleartext, whoever connects.</summary>
    public MeshTls? Tls { get; init; }

    /// <summary>First and longest wait before another life begins; it is doubled each time that a life did not last longer than the longest.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc cref="MinBackoff"/>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The <c>akka</c> block of the configuration file, rendered; may be empty. What the mesh rests on is stronger.</summary>
    public string AkkaHocon { get; init; } = "";
}

/// <summary>Mutual TLS between members, in both directions with the same certificate.</summary>
/// <param name="Certificate">For server and client usage.</param>
/// <param name="Ca">The only roots that members' certificates are checked against.</param>
/// <param name="TrustDomain">SPIFFE trust domain that a member must belong to, or null.</param>
public sealed record MeshTls(CertificateMaterial Certificate, X509Certificate2Collection Ca, string? TrustDomain);

/// <summary>What the node is to the others, known once its listeners are bound.</summary>
/// <param name="TunnelAddress">Where it takes tunnels; null: it is no terminator.</param>
/// <param name="IsEncapsulator">Whether one of its upstreams is the mesh.</param>
/// <param name="Version">Of the program.</param>
public sealed record MeshIdentity(EndpointAddress? TunnelAddress, bool IsEncapsulator, string Version);
