using Xunit;

namespace ActorTunnel.TestSupport;

/// <summary>A test of what there is on Linux alone, such as its signals by their numbers, or its event loops.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        Skip = OperatingSystem.IsLinux() ? null : "there is no such thing but on Linux";
    }
}

/// <inheritdoc cref="LinuxFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        Skip = new LinuxFactAttribute().Skip;
    }
}
