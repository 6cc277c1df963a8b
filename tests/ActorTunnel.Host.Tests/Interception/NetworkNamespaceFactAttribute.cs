using Xunit;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>A test that makes network namespaces, and is skipped where that cannot be done.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkNamespaceFactAttribute : FactAttribute
{
    public NetworkNamespaceFactAttribute() => Skip = NetworkNamespaces.WhyNot;
}

/// <inheritdoc cref="NetworkNamespaceFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkNamespaceTheoryAttribute : TheoryAttribute
{
    public NetworkNamespaceTheoryAttribute() => Skip = NetworkNamespaces.WhyNot;
}
