using System.Net;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// Rendezvous hashing (highest random weight): each endpoint has a weight for the client's address, and the heaviest takes the tunnel. Every process finds the
/// same one without a word, and where an endpoint leaves, only its own clients move. IPv4 and the same address mapped into IPv6 are one client; its port does not count.
/// </summary>
internal sealed class SourceHashPicker : EndpointPicker
{
    public override bool TryPick(ReadOnlySpan<EndpointLoad> endpoints, IPAddress? client, out int index)
    {
        Span<byte> source = stackalloc byte[16];
        (client ?? IPAddress.IPv6None).MapToIPv6().TryWriteBytes(source, out _);
        index = -1;
        var heaviest = 0UL;
        for (var i = 0; i < endpoints.Length; i++)
        {
            if (!endpoints[i].IsCandidate)
            {
                continue;
            }

            var weight = WeightOf(endpoints[i].Identity, source);
            if (index < 0 || weight > heaviest)
            {
                (index, heaviest) = (i, weight);
            }
        }

        return index >= 0;
    }

    private static ulong WeightOf(StableHash endpoint, ReadOnlySpan<byte> source) => endpoint.Add(source).Value;
}
