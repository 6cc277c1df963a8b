using System.Collections.Immutable;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>
/// Reads HOCON as its specification documents it (https://github.com/lightbend/config/blob/main/HOCON.md), one or several texts as one
/// configuration: later texts are merged over earlier ones, then substitutions are resolved over the whole.
/// </summary>
/// <remarks>
/// Not here: <c>url()</c> and <c>classpath()</c> includes, files without their extension, property files, objects with numeric keys as
/// arrays, and environment lists (<c>${X[]}</c>). An included file that is missing is a mistake, see <see cref="HoconParseContext"/>.
/// </remarks>
public sealed class HoconReader
{
    private readonly HoconParseContext _context = new();
    private readonly ObjectNode _root = new(HoconPlace.Whole("the configuration"));

    /// <summary>Merges a file over what was added before.</summary>
    /// <param name="name">As messages show it.</param>
    /// <param name="path">Where it lies.</param>
    /// <returns>The first syntax error, after which this reader is of no use; else null.</returns>
    public ConfigurationMistake? AddFile(string name, string path)
    {
        var source = HoconSource.FromFile(name, path, out var problem);
        return source is null
            ? new ConfigurationMistake(HoconPlace.Whole(name), null, null, problem!, null)
            : Add(source);
    }

    /// <summary>Merges a text over what was added before.</summary>
    /// <returns>As <see cref="AddFile"/>.</returns>
    public ConfigurationMistake? Add(HoconSource source) => _context.Parse(_root, source, from: null, [HoconPath.Root]);

    /// <summary>Resolves what was added. To be called once, when no <c>Add</c> returned a mistake.</summary>
    /// <param name="environment">Asked for a substitution that the configuration does not define; null means undefined.</param>
    public HoconDocument Resolve(Func<string, string?> environment)
    {
        var root = HoconResolver.Resolve(_root, environment, out var mistakes);
        return new HoconDocument(root, [.. _context.Sources], [.. _context.ReferencedRoots], mistakes);
    }
}

/// <summary>A resolved configuration.</summary>
/// <param name="Root">The whole tree; values that could not be resolved are <see cref="HoconBroken"/>.</param>
/// <param name="Sources">Names of the texts, included ones too, in the order of reading.</param>
/// <param name="ReferencedRoots">First elements of the paths that substitutions name.</param>
/// <param name="Mistakes">Substitutions that could not be resolved.</param>
public sealed record HoconDocument(
    HoconObject Root, ImmutableArray<string> Sources, ImmutableHashSet<string> ReferencedRoots, ImmutableArray<ConfigurationMistake> Mistakes);
