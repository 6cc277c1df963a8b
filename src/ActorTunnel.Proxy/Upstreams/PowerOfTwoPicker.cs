using System.Net;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// Draws two different endpoints and takes the less loaded one. With loads that are a second old, all who take the least loaded would run to the same one; two drawn
/// by chance hardly ever are the same for all.
/// </summary>
internal sealed class PowerOfTwoPicker(Random random) : EndpointPicker
{
    public override bool TryPick(ReadOnlySpan<EndpointLoad> endpoints, IPAddress? client, out int index)
    {
        var candidates = 0;
        foreach (var endpoint in endpoints)
        {
            candidates += endpoint.IsCandidate ? 1 : 0;
        }

        if (candidates < 2)
        {
            index = candidates == 0 ? -1 : Candidate(endpoints, 0);
            return candidates > 0;
        }

        var first = random.Next(candidates);
        var second = random.Next(candidates - 1);
        var one = Candidate(endpoints, first);
        var other = Candidate(endpoints, second < first ? second : second + 1);
        index = endpoints[other].Load < endpoints[one].Load ? other : one; // A tie is decided by chance too: by which was drawn first.
        return true;
    }

    private static int Candidate(ReadOnlySpan<EndpointLoad> endpoints, int ordinal)
    {
        var index = -1;
        for (var left = ordinal; left >= 0; left--)
        {
            do
            {
                index++;
            }
            while (!endpoints[index].IsCandidate);
        }

        return index;
    }
}
