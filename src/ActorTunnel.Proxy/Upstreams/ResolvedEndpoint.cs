using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Transport.Sockets;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>An endpoint and how to reach it.</summary>
/// <param name="Address">Its identity: what the load is counted by, and what logs show.</param>
/// <param name="Addresses">To be dialled, in order; empty: the name in <paramref name="Address"/> is resolved at each dial.</param>
internal sealed record ResolvedEndpoint(EndpointAddress Address, ImmutableArray<IPAddress> Addresses)
{
    /// <summary>What the mesh says of it; null outside a mesh.</summary>
    public Terminator? Terminator { get; private init; }

    /// <summary>An endpoint as it was configured.</summary>
    public static ResolvedEndpoint Static(EndpointAddress address) => new(address, []);

    /// <summary>A terminator of the mesh.</summary>
    public static ResolvedEndpoint OfMesh(Terminator terminator) => Static(terminator.Address) with { Terminator = terminator };

    /// <summary>Dials it.</summary>
    public Task<DialResult> DialAsync(TcpDialer dialer, CancellationToken cancellation) => Addresses.IsEmpty
        ? dialer.DialAsync(Address.Host, Address.Port, cancellation)
        : dialer.DialAsync(Addresses, Address.Port, cancellation);
}
