using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>What a picker needs to know of one endpoint at the moment of the pick.</summary>
/// <param name="IsEjected">It is not to be used now.</param>
/// <param name="OpenTunnels">Tunnels to it that are open or being set up, 0 or more.</param>
public readonly record struct EndpointLoad(bool IsEjected, int OpenTunnels);

/// <summary>
/// Picks the endpoint of a new tunnel. It keeps only its turn; the list of endpoints may change between two calls. For one thread, or
/// one actor.
/// </summary>
public abstract class EndpointPicker
{
    private int _turn;

    private protected EndpointPicker()
    {
    }

    /// <summary>The picker for a configured policy.</summary>
    public static EndpointPicker For(LoadBalancing policy) => policy switch
    {
        LoadBalancing.RoundRobin => new RoundRobinPicker(),
        LoadBalancing.LeastTunnels => new LeastTunnelsPicker(),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, null),
    };

    /// <summary>The index of the endpoint to use; false when each is ejected or there is none.</summary>
    public bool TryPick(ReadOnlySpan<EndpointLoad> endpoints, out int index)
    {
        index = -1;
        for (var step = 0; step < endpoints.Length; step++)
        {
            var candidate = (int)(((uint)_turn + (uint)step) % (uint)endpoints.Length);
            if (!endpoints[candidate].IsEjected && (index < 0 || IsBetter(endpoints[candidate], endpoints[index])))
            {
                index = candidate;
            }
        }

        if (index < 0)
        {
            return false;
        }

        _turn = index + 1;
        return true;
    }

    /// <summary>Whether the candidate beats the best one so far, which had its turn earlier and so wins a tie.</summary>
    private protected abstract bool IsBetter(EndpointLoad candidate, EndpointLoad best);
}

/// <summary>Each endpoint in turn.</summary>
internal sealed class RoundRobinPicker : EndpointPicker
{
    private protected override bool IsBetter(EndpointLoad candidate, EndpointLoad best) => false;
}

/// <summary>The fewest tunnels; among equals each in turn, so that an idle upstream is not always entered at its first endpoint.</summary>
internal sealed class LeastTunnelsPicker : EndpointPicker
{
    private protected override bool IsBetter(EndpointLoad candidate, EndpointLoad best) =>
        candidate.OpenTunnels < best.OpenTunnels;
}
