using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;

namespace ActorTunnel.Mesh.Membership;

/// <summary>One life of a member. Another life on the same address is another incarnation.</summary>
/// <param name="Address">Its Akka address.</param>
/// <param name="Incarnation">The uid of that address in the cluster.</param>
internal readonly record struct MemberId(EndpointAddress Address, int Incarnation);

/// <summary>What a member said last, and when it came.</summary>
/// <param name="Report">As it came; it goes on to say that the member drains once it has.</param>
/// <param name="Load">What the data plane gets of it, the same object as long as the report is the latest.</param>
/// <param name="At">By the clock of this node, from a beginning that never changes.</param>
internal sealed record HeardReport(NodeReport Report, TerminatorLoad Load, TimeSpan At);

/// <summary>A member as this node knows it.</summary>
/// <param name="Id">Which life of it.</param>
/// <param name="Roles">What never changes about it.</param>
/// <param name="State">Its state in the cluster; never <see cref="MeshMemberState.Lost"/>.</param>
/// <param name="Order">In which the members became known here: of two lives on one tunnel address the one with the larger number is the later.</param>
internal sealed record KnownMember(MemberId Id, MemberRoles Roles, MeshMemberState State, int Order)
{
    /// <summary>Whether it is heard.</summary>
    public bool IsReachable { get; init; } = true;

    /// <summary>Whether it ever said so.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Null until the first.</summary>
    public HeardReport? Heard { get; init; }

    /// <summary>Whether it does a member's work: one that leaves goes on with it until it says that it drains.</summary>
    public bool IsAtWork => State is MeshMemberState.WeaklyUp or MeshMemberState.Up or MeshMemberState.Leaving or MeshMemberState.Exiting;

    /// <summary>Where it takes tunnels; null where it does not, or says nothing that this version can read.</summary>
    public EndpointAddress? TunnelAddress => Roles.Roles.Contains(MemberRoles.Terminator) ? Roles.TunnelAddress : null;

    /// <summary>What a person is told of it.</summary>
    public MeshMember ToView(MeshMemberState state, bool isReachable, bool isSelf, TimeSpan now) => new(
        Id.Address,
        Roles.Name ?? Id.Address.Host,
        Roles.Roles,
        Roles.Zone,
        Roles.TunnelAddress,
        state,
        isReachable,
        isSelf,
        Heard?.Report,
        now - Heard?.At);
}
