namespace ActorTunnel.Mesh.Membership;

/// <summary>What a life's owner asks of <see cref="MeshActor"/>; never leaves the process.</summary>
internal static class MeshProtocol
{
    /// <summary>Answered by a <see cref="MeshView"/> whose reports are as fresh as <see cref="Deadline"/> lets them be.</summary>
    /// <param name="Deadline">How long members may take to report, 0 or more; those that do not are told of with what they said last.</param>
    public sealed record GetView(TimeSpan Deadline);

    /// <summary>Tell everybody that this node drains; answered by <see cref="DrainAnnounced"/> when all who listen have said that they know.</summary>
    public sealed record AnnounceDrain
    {
        public static readonly AnnounceDrain Instance = new();
    }

    /// <summary>Everybody who listens knows.</summary>
    public sealed record DrainAnnounced
    {
        public static readonly DrainAnnounced Instance = new();
    }
}
