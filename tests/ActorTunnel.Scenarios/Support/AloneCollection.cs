namespace ActorTunnel.Scenarios.Support;

/// <summary>Stories that measure the whole process; so no other story runs at that time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
