namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>What the texts of one configuration share while they are parsed: nesting, included files, referenced keys.</summary>
internal sealed class HoconParseContext
{
    private readonly List<(string FullPath, HoconPlace From)> _includes = [];
    private int _depth;
    private int _files;

    /// <summary>First elements of all paths in substitutions.</summary>
    internal HashSet<string> ReferencedRoots { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of the sources in the order in which they were first read.</summary>
    internal List<string> Sources { get; } = [];

    internal void Refer(IEnumerable<HoconPath> paths) => ReferencedRoots.UnionWith(paths.Select(path => path.Elements[0]));

    /// <summary>Counts levels of nesting; where it returns null, each call needs its <see cref="Leave"/>.</summary>
    internal ConfigurationMistake? Enter(int levels, HoconPlace place)
    {
        if (_depth + levels > HoconLimits.Depth)
        {
            return new ConfigurationMistake(place, null, null, "nested too deeply", $"{HoconLimits.Depth} levels of objects and arrays");
        }

        _depth += levels;
        return null;
    }

    internal void Leave(int levels) => _depth -= levels;

    /// <summary>Merges an included file into <paramref name="target"/>.</summary>
    /// <remarks>
    /// The specification ignores a missing file unless it is marked as required. Here it is a mistake in every form: an operator
    /// who names a file wants it read, and a typing error in its name must not silently drop settings.
    /// </remarks>
    internal ConfigurationMistake? Include(ObjectNode target, HoconSource including, HoconToken name, IReadOnlyList<HoconPath> roots)
    {
        var written = HoconText.Quote(name.Text);
        if (_includes.Count == HoconLimits.IncludeDepth || _files == HoconLimits.Files)
        {
            return new ConfigurationMistake(
                name.Place, "include", written, "too many included files",
                $"{HoconLimits.IncludeDepth} inside each other, {HoconLimits.Files} in all");
        }

        string path, shown;
        try
        {
            path = Path.GetFullPath(name.Text, Path.GetFullPath(including.Directory));
            shown = Path.Combine(Path.GetDirectoryName(including.Name) ?? "", name.Text);
        }
        catch (ArgumentException unusable)
        {
            // A path with a NUL in it, which only a quoted escape can bring.
            return new ConfigurationMistake(name.Place, "include", written, unusable.Message, "the path of a file");
        }

        var source = HoconSource.FromFile(shown, path, out var problem);
        if (source is null)
        {
            return new ConfigurationMistake(
                name.Place, "include", written, $"{path} {problem}", "a readable file, relative to the including one");
        }

        return Parse(target, source, name.Place, roots);
    }

    /// <summary>Parses a file or a text, and notices a file that includes itself.</summary>
    /// <param name="from">Where it was included; null where it was not.</param>
    internal ConfigurationMistake? Parse(ObjectNode target, HoconSource source, HoconPlace? from, IReadOnlyList<HoconPath> roots)
    {
        var fullPath = source.FullPath ?? "";
        var first = _includes.FindIndex(include => include.FullPath == fullPath);
        if (source.FullPath is not null && first >= 0)
        {
            var way = _includes.Skip(first + 1).Select(include => include.From).Append(from.GetValueOrDefault());
            return new ConfigurationMistake(
                from.GetValueOrDefault(), "include", source.Name, $"this file includes itself: {string.Join(" → ", way)}", null);
        }

        _files++;
        if (!Sources.Contains(source.Name))
        {
            Sources.Add(source.Name);
        }

        _includes.Add((fullPath, from.GetValueOrDefault()));
        var mistake = HoconParser.ParseInto(target, source, this, roots);
        _includes.RemoveAt(_includes.Count - 1);
        return mistake;
    }
}
