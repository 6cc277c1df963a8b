using System.CommandLine;

namespace ActorTunnel.Host.Commands;

/// <summary><c>--lenient</c>: what a file of Envoy's says and this program does not carry is a warning.</summary>
internal static class LenientOption
{
    public static Option<bool> Create() => new("--lenient")
    {
        Description = "Leaves out, with a warning for each, what an Envoy bootstrap has and this program does not carry",
    };
}
