using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Settings;
using Akka.Cluster;

namespace ActorTunnel.Mesh.Lives;

/// <summary>A system that is or was a member: no other system ever has both.</summary>
/// <param name="Address">What others dial.</param>
/// <param name="Uid">Akka's, drawn by chance for each system.</param>
internal sealed record SystemId(EndpointAddress Address, int Uid);

/// <summary>One of several clusters of the same mesh: parts of it that were cut off from each other, and of which more than one could found a cluster.</summary>
/// <param name="Oldest">Its oldest member.</param>
/// <param name="Terminators">Those that are heard, 0 or more.</param>
/// <param name="Members">Those that are heard, 1 or more.</param>
internal sealed record Island(SystemId Oldest, int Terminators, int Members)
{
    /// <summary>
    /// Whether this is the one that stays when the two meet: it has more terminators, else more members, else the oldest member with the lower address. Of two different islands
    /// exactly one stays, whoever compares.
    /// </summary>
    public bool StaysBefore(Island other)
    {
        var order = Terminators.CompareTo(other.Terminators);
        order = order != 0 ? order : Members.CompareTo(other.Members);
        order = order != 0 ? order : string.CompareOrdinal(other.Oldest.Address.ToString(), Oldest.Address.ToString());
        order = order != 0 ? order : other.Oldest.Uid.CompareTo(Oldest.Uid);
        return order > 0;
    }

    /// <summary>The one that <paramref name="state"/> shows; null before the node was let in.</summary>
    public static Island? Of(ClusterEvent.CurrentClusterState state)
    {
        var heard = state.Members.Except(state.Unreachable).Where(member => member.Status is not (MemberStatus.Down or MemberStatus.Removed)).ToList();
        return state.Members.OrderBy(member => member, Member.AgeOrdering).FirstOrDefault() is { } oldest && heard.Count > 0
            ? new Island(IdOf(oldest), heard.Count(member => member.HasRole(MemberRoles.Terminator)), heard.Count)
            : null;
    }

    /// <summary>Which system <paramref name="member"/> is.</summary>
    public static SystemId IdOf(Member member) => new(member.Address.ToEndpoint()!, member.UniqueAddress.Uid);
}
