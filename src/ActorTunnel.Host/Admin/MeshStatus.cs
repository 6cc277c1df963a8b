using System.Collections.Immutable;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Admin;

/// <summary>The mesh as one node sees it, in the words of the pages.</summary>
/// <param name="IsJoined">Whether the node is a member now; where not, these are the members last known.</param>
/// <param name="Lives">How many times it began to take part.</param>
/// <param name="Nodes">The node itself first.</param>
internal sealed record MeshStatus(bool IsJoined, int Lives, ImmutableArray<MeshNodeStatus> Nodes)
{
    public static MeshStatus Of(MeshView view) => new(view.IsJoined, view.Lives, [.. view.Members.Select(MeshNodeStatus.Of)]);
}

/// <summary>A member. What its report says is null where none came.</summary>
internal sealed record MeshNodeStatus(
    string Name,
    EndpointAddress Address,
    bool IsSelf,
    ImmutableArray<string> Roles,
    string? Zone,
    MeshMemberState State,
    bool IsReachable,
    EndpointAddress? TunnelAddress,
    bool? IsDraining,
    int? Tunnels,
    int? Dials,
    double? Cpu,
    long? ResidentBytes,
    TimeSpan? ReportAge)
{
    public static MeshNodeStatus Of(MeshMember member) => new(
        member.Name,
        member.Address,
        member.IsSelf,
        member.Roles,
        member.Zone,
        member.State,
        member.IsReachable,
        member.TunnelAddress,
        member.Report?.IsDraining,
        member.Report?.Tunnels,
        member.Report?.Dials,
        member.Report is { } report ? Math.Round(report.Cpu, 4) : null,
        member.Report?.ResidentBytes,
        member.ReportAge);
}
