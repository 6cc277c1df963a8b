namespace ActorTunnel.Mesh.Lives;

/// <summary>What <see cref="IslandsActor"/>s of different clusters say to each other.</summary>
internal static class IslandsProtocol
{
    /// <summary>To an address that is no member of the asker's cluster; answered by <see cref="IslandKnown"/>, or by nothing from a system that is no member of any.</summary>
    /// <param name="Asker">Who asks.</param>
    /// <param name="Island">The one that it is a member of.</param>
    /// <param name="Question">Of this question alone, and hard to guess.</param>
    public sealed record WhichIsland(SystemId Asker, Island Island, ulong Question);

    /// <summary>To the asker; and from it to the members of its own cluster where that gives way.</summary>
    /// <param name="Member">Who says it first.</param>
    /// <param name="Island">The one that it is a member of.</param>
    /// <param name="Question">That it answers; 0: none.</param>
    public sealed record IslandKnown(SystemId Member, Island Island, ulong Question);
}
