namespace ActorTunnel.Mesh.Messages;

/// <summary>What one member says to another's <c>/user/mesh</c>. What came over the wire is within the ranges told here.</summary>
internal abstract record MeshMessage;

/// <summary>Tell me how you are.</summary>
/// <param name="Lease">How long to go on with it, 0 to <see cref="LongestLease"/>; 0 asks for one report.</param>
internal sealed record ReportsWanted(TimeSpan Lease) : MeshMessage
{
    /// <summary>No peer is promised more, whatever it asks for.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(30);
}

/// <summary>How the sender is.</summary>
/// <param name="Incarnation">The uid of the sender's address in the cluster; 0 where it did not say.</param>
/// <param name="Report">Sequence number 1 or more.</param>
/// <param name="WantsAcknowledgement">The sender waits for <see cref="DrainKnown"/>.</param>
internal sealed record NodeReported(int Incarnation, NodeReport Report, bool WantsAcknowledgement) : MeshMessage;

/// <summary>The sender of this message knows that the receiver drains.</summary>
internal sealed record DrainKnown : MeshMessage
{
    public static readonly DrainKnown Instance = new();
}
