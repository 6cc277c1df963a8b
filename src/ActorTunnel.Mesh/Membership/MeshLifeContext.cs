namespace ActorTunnel.Mesh.Membership;

/// <summary>What the actors of one life of the mesh share.</summary>
/// <param name="Settings">The node's part in the mesh.</param>
/// <param name="Identity">What the node is to the others.</param>
/// <param name="Report">What changes about the node, sequence number 0; from any thread, at once.</param>
/// <param name="Memory">What outlives the life.</param>
/// <param name="Time">The clock of every age and timeout.</param>
/// <param name="Life">1 or more.</param>
internal sealed record MeshLifeContext(
    MeshSettings Settings, MeshIdentity Identity, Func<NodeReport> Report, MeshMemory Memory, TimeProvider Time, int Life);
