using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh;

/// <summary>How a member stands, in Akka.Cluster's words where it has them.</summary>
public enum MeshMemberState
{
    Joining,

    /// <summary>It is used, but the cluster has not agreed on it yet.</summary>
    WeaklyUp,
    Up,
    Leaving,
    Exiting,
    Down,

    /// <summary>No member any more, and it never said that it drains.</summary>
    Lost,
}

/// <summary>A node of the mesh, as one of them sees it.</summary>
/// <param name="Address">Its Akka address, <c>host:port</c>.</param>
/// <param name="Name">The node's name.</param>
/// <param name="Roles"><c>terminator</c>, <c>encapsulator</c>, and those that were configured; none for a mere seed.</param>
/// <param name="Zone">Or null.</param>
/// <param name="TunnelAddress">Where it takes tunnels, or null.</param>
/// <param name="State">Its state.</param>
/// <param name="IsReachable">Whether it is heard.</param>
/// <param name="IsSelf">Whether it is the node that tells of it.</param>
/// <param name="Report">The latest; null where none ever came.</param>
/// <param name="ReportAge">Since the report came; null with it.</param>
public sealed record MeshMember(
    EndpointAddress Address,
    string Name,
    ImmutableArray<string> Roles,
    string? Zone,
    EndpointAddress? TunnelAddress,
    MeshMemberState State,
    bool IsReachable,
    bool IsSelf,
    NodeReport? Report,
    TimeSpan? ReportAge);

/// <summary>The mesh as one node sees it.</summary>
/// <param name="IsJoined">Whether the node is a member now; where not, the members are the last ones known.</param>
/// <param name="Lives">How many times the node began to take part, 1 or more.</param>
/// <param name="Members">The node itself first, then by name and address.</param>
public sealed record MeshView(bool IsJoined, int Lives, ImmutableArray<MeshMember> Members);
