using System.Reflection;

namespace ActorTunnel.Host;

/// <summary>The version of this program.</summary>
internal static class ProgramVersion
{
    public static readonly string Text =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
