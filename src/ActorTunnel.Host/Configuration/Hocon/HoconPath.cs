using System.Collections.Immutable;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>The elements of a path expression, from the root.</summary>
public sealed class HoconPath
{
    /// <summary>The root.</summary>
    public static readonly HoconPath Root = new([]);

    public HoconPath(ImmutableArray<string> elements) => Elements = elements;

    public ImmutableArray<string> Elements { get; }

    public HoconPath Append(string element) => new(Elements.Add(element));

    public HoconPath Append(HoconPath path) => new(Elements.AddRange(path.Elements));

    /// <summary>As a path expression: elements that need it are in quotes.</summary>
    public override string ToString() => string.Join('.', Elements.Select(HoconText.Key));
}
