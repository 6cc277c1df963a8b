using ActorTunnel.Host.Configuration.Envoy.Yaml;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>
/// Reads one protobuf message of a bootstrap. Fields are asked for by their names in the .proto files and found in lowerCamelCase too; null
/// counts as not given. What was given and never asked for is told as not carried when the reading of the message ends.
/// </summary>
internal sealed partial class EnvoyMessage
{
    private readonly Dictionary<string, YamlField> _fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly ImportLog _log;

    private EnvoyMessage(YamlMapping node, string path, ImportLog log)
    {
        Place = node.Place;
        Path = path;
        _log = log;
        foreach (var field in node.Fields.Where(field => field.Value is not YamlScalar { IsNull: true }))
        {
            if (!_fields.TryAdd(SnakeCase(field.Name), field))
            {
                log.Mistake(field.Place, PathOf(field.Name), null, "this field stands here in both of its forms", "snake_case or lowerCamelCase");
            }
        }
    }

    internal HoconPlace Place { get; }

    /// <summary>From the root of the document; empty for the root itself.</summary>
    internal string Path { get; }

    internal static T Read<T>(YamlMapping node, string path, ImportLog log, Func<EnvoyMessage, T> read)
    {
        var message = new EnvoyMessage(node, path, log);
        var result = read(message);
        message.End();
        return result;
    }

    /// <summary>Whether the field was given; this does not count as asking for it.</summary>
    internal bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>Null where it was not given or is no message.</summary>
    internal T? Message<T>(string name, Func<EnvoyMessage, T?> read)
        where T : class
    {
        if (Ask(name) is not { } field)
        {
            return null;
        }

        if (field.Value is YamlMapping node)
        {
            return Read(node, PathOf(field.Name), _log, read);
        }

        Wrong(field, $"is {field.Value.Kind}", "a mapping");
        return null;
    }

    /// <inheritdoc cref="Message{T}"/>
    internal void Message(string name, Action<EnvoyMessage> read) =>
        Message<EnvoyMessage>(name, message =>
        {
            read(message);
            return null;
        });

    /// <summary>Reads each message of a repeated field.</summary>
    internal void Each(string name, Action<EnvoyMessage> read)
    {
        foreach (var (item, path) in Items(name))
        {
            if (item is not YamlMapping node)
            {
                _log.Mistake(item.Place, path, Show(item), $"is {item.Kind}", "a mapping");
                continue;
            }

            Read<EnvoyMessage?>(node, path, _log, message =>
            {
                read(message);
                return null;
            });
        }
    }

    /// <summary>Reads a <c>google.protobuf.Any</c> by its <c>@type</c>; one that is not among the known ones is not carried.</summary>
    /// <param name="name">The field.</param>
    /// <param name="known">Full names of message types, without what stands before the slash in a type URL.</param>
    internal void Typed(string name, params (string Type, Action<EnvoyMessage> Read)[] known) => Message(name, any =>
    {
        const string key = "@type";
        if (any.Text(key) is not { } url)
        {
            any.Missing(key, "a type URL");
            any.Forget();
            return;
        }

        var type = url.Value[(url.Value.LastIndexOf('/') + 1)..];
        if (Array.Find(known, candidate => candidate.Type == type).Read is { } read)
        {
            read(any);
            return;
        }

        any.NotCarried(key, "this type is not carried", string.Join(", ", known.Select(candidate => candidate.Type)));
        any.Forget();
    });

    /// <summary>Fields that change nothing about a tunnel, here as in Envoy: labels of statistics and the like.</summary>
    internal void NoEffect(params IReadOnlyList<string> names) => _asked.UnionWith(names);

    /// <summary>A field that is carried only with one of these values, which need no key here.</summary>
    internal void Only(string name, params string[] values)
    {
        if (Ask(name) is { } field && !(field.Value is YamlScalar scalar && values.Contains(scalar.Text)))
        {
            NotCarried(name, "this value is not carried", string.Join(" or ", values));
        }
    }

    /// <summary>Tells of a field that was given, with all below it.</summary>
    internal void NotCarried(string name, string problem, string? allowed = null)
    {
        if (Ask(name) is { } field)
        {
            _log.NotCarry(field.Place, PathOf(field.Name), Show(field.Value), problem, allowed);
        }
    }

    /// <summary>Tells of the message itself, with all below it.</summary>
    internal void NotCarried(string problem)
    {
        NotCarry(problem);
        Forget();
    }

    /// <summary>Tells of the message itself, besides what there is to tell of its fields.</summary>
    internal void NotCarry(string problem) => _log.NotCarry(Place, Path, null, problem, null);

    /// <inheritdoc cref="NotCarried{T}"/>
    internal void Mistake<T>(Placed<T> value, string problem, string? allowed) =>
        _log.Mistake(value.Place, value.Path, Show(value), problem, allowed);

    /// <inheritdoc cref="NotCarry"/>
    internal void Mistake(string problem, string allowed) => _log.Mistake(Place, Path, null, problem, allowed);

    /// <inheritdoc cref="NotCarry"/>
    internal void Note(string problem) => _log.Note(Place, Path, null, problem);

    /// <summary>Tells of a value that was read.</summary>
    internal void NotCarried<T>(Placed<T> value, string problem, string? allowed = null) =>
        _log.NotCarry(value.Place, value.Path, Show(value), problem, allowed);

    internal void Note<T>(Placed<T> value, string problem) => _log.Note(value.Place, value.Path, Show(value), problem);

    internal void Missing(string name, string allowed) => _log.Mistake(Place, PathOf(name), null, "is missing", allowed);

    /// <summary>The keys of a map are not fields and stay as they are; those of Envoy's maps are names with dots in them.</summary>
    private static string SnakeCase(string name) => name.Contains('.', StringComparison.Ordinal)
        ? name
        : string.Concat(name.Select(c => char.IsAsciiLetterUpper(c) ? $"_{char.ToLowerInvariant(c)}" : c.ToString()));

    private static string? Show(YamlValue value) => value is YamlScalar scalar ? Shorten(HoconText.Quote(scalar.Text)) : null;

    private static string? Show<T>(Placed<T> value) => value.Value switch
    {
        string text => Shorten(HoconText.Quote(text)),
        bool flag => flag ? "true" : "false",
        var other => other?.ToString(),
    };

    private static string Shorten(string text)
    {
        const int longest = 80;
        return text.Length > longest ? string.Concat(text.AsSpan(0, longest), "…") : text;
    }

    private void End()
    {
        foreach (var (name, field) in _fields.Where(field => !_asked.Contains(field.Key)))
        {
            // Asked in vain for what it is near to: then that is what was meant.
            var problem = $"is not carried{Suggestion.DidYouMean(name, _asked.Where(asked => !Has(asked)))}";
            _log.NotCarry(field.Place, PathOf(field.Name), Show(field.Value), problem, null);
        }
    }

    /// <summary>What was not asked for is not told of.</summary>
    internal void Forget() => _asked.UnionWith(_fields.Keys);

    private YamlField? Ask(string name)
    {
        _asked.Add(name);
        return _fields.GetValueOrDefault(name);
    }

    private string PathOf(string name) => Path.Length == 0 ? HoconText.Key(name) : $"{Path}.{HoconText.Key(name)}";

    private void Wrong(YamlField field, string problem, string allowed) =>
        _log.Mistake(field.Value.Place, PathOf(field.Name), Show(field.Value), problem, allowed);

    private IEnumerable<(YamlValue Item, string Path)> Items(string name)
    {
        if (Ask(name) is not { } field)
        {
            return [];
        }

        if (field.Value is YamlSequence sequence)
        {
            return sequence.Items.Select((item, index) => (item, $"{PathOf(field.Name)}[{index}]"));
        }

        Wrong(field, $"is {field.Value.Kind}", "a sequence");
        return [];
    }
}
