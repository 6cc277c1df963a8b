using System.Net;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>The best endpoint; among equals each in turn, so that an idle upstream is not always entered at its first one.</summary>
internal abstract class TurnPicker : EndpointPicker
{
    private int _turn;

    public override bool TryPick(ReadOnlySpan<EndpointLoad> endpoints, IPAddress? client, out int index)
    {
        index = -1;
        for (var step = 0; step < endpoints.Length; step++)
        {
            var candidate = (int)(((uint)_turn + (uint)step) % (uint)endpoints.Length);
            if (endpoints[candidate].IsCandidate && (index < 0 || IsBetter(endpoints[candidate], endpoints[index])))
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
internal sealed class RoundRobinPicker : TurnPicker
{
    private protected override bool IsBetter(EndpointLoad candidate, EndpointLoad best) => false;
}

/// <summary>The smallest load.</summary>
internal sealed class LeastTunnelsPicker : TurnPicker
{
    private protected override bool IsBetter(EndpointLoad candidate, EndpointLoad best) => candidate.Load < best.Load;
}
