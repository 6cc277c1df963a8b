using Xunit;

namespace ActorTunnel.Host.Tests;

/// <summary>
/// Tests that read a node's metrics. Nodes of one process share their series, and one that ends takes them along; so no other test runs at that time. A program has one node.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
