using System.Collections.Immutable;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>Short ways to say what tables of members are told.</summary>
internal static class Mesh
{
    public static readonly MemberId Edge = Id(1);
    public static readonly MemberRoles EdgeRoles = new("edge", null, null, [MemberRoles.Encapsulator]);

    public static MemberId Id(int port, int incarnation = 1) => new(new EndpointAddress("10.0.0.1", port), incarnation);

    public static EndpointAddress Tunnel(int port) => new("10.0.0.2", port);

    public static MemberRoles Worker(int tunnelPort, params ImmutableArray<string> roles) =>
        new($"worker-{tunnelPort}", null, Tunnel(tunnelPort), [MemberRoles.Terminator, .. roles]);

    public static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    public static NodeReported Says(int incarnation, long sequence, int tunnels = 0, bool isDraining = false) =>
        new(incarnation, new NodeReport(sequence, isDraining, tunnels, 0, 0, 0), false);

    /// <summary>What a node that is a member of a mesh of its own knows.</summary>
    public static MemberTable Joined(MeshPast? past = null)
    {
        var table = new MemberTable(Edge, past ?? MeshPast.Nothing);
        table.Up(Edge, EdgeRoles, 0);
        return table;
    }

    public static void Up(this MemberTable table, MemberId id, MemberRoles roles, double at) => table.Set(id, roles, MeshMemberState.Up, At(at));
}
