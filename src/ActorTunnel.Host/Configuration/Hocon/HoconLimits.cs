namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>
/// Limits far above any real configuration, so that a wrong file ends in one clear mistake
/// and never in a full stack, a full memory or an endless loop.
/// </summary>
internal static class HoconLimits
{
    /// <summary>Objects and arrays inside each other, dotted keys counted; the readers of a tree recurse that deep.</summary>
    internal const int Depth = 64;

    /// <summary>Characters of one source.</summary>
    internal const int SourceLength = 4 * 1024 * 1024;

    /// <summary>Files inside each other by <c>include</c>.</summary>
    internal const int IncludeDepth = 16;

    /// <summary>Files read in all; bounds files that include many files that include many files.</summary>
    internal const int Files = 200;

    /// <summary>Substitutions, objects and arrays that wait for each other; each costs about a kilobyte of stack.</summary>
    internal const int ResolutionDepth = 300;

    /// <summary>Values of the resolved tree, a long text counting more: substitutions can double a tree with each line.</summary>
    internal const long Weight = 500_000;

    /// <summary>Fields and elements copied by merging and concatenation.</summary>
    internal const long Work = 5_000_000;
}
