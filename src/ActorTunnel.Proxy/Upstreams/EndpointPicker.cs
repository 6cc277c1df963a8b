using System.Net;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>What a picker needs to know of one endpoint at the moment of the pick.</summary>
/// <param name="IsCandidate">It may be used now.</param>
/// <param name="Load">Tunnels to it, or an estimate of what it has to do; 0 or more. Not read where it is no candidate.</param>
/// <param name="Identity">The hash of its address, <c>host:port</c>.</param>
internal readonly record struct EndpointLoad(bool IsCandidate, double Load, StableHash Identity);

/// <summary>
/// Picks the endpoint of a new tunnel. It keeps nothing of the endpoints; their list may change between two calls. For one thread, or one actor.
/// </summary>
internal abstract class EndpointPicker
{
    /// <summary>The picker for a configured policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="random">Draws, where the policy does.</param>
    public static EndpointPicker For(LoadBalancing policy, Random random) => policy switch
    {
        LoadBalancing.RoundRobin => new RoundRobinPicker(),
        LoadBalancing.LeastTunnels => new LeastTunnelsPicker(),
        LoadBalancing.PowerOfTwo => new PowerOfTwoPicker(random),
        LoadBalancing.SourceHash => new SourceHashPicker(),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, null),
    };

    /// <summary>The index of the endpoint to use; false where none is a candidate.</summary>
    /// <param name="endpoints">All.</param>
    /// <param name="client">Whose tunnel it is; null where its connection was gone before it could be asked.</param>
    /// <param name="index">In <paramref name="endpoints"/>; −1 with false.</param>
    public abstract bool TryPick(ReadOnlySpan<EndpointLoad> endpoints, IPAddress? client, out int index);
}
