using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration;

/// <summary>
/// Reads one object against its template, the same object in <c>reference.conf</c>, which has every key and its default. Mistakes go to
/// the log and reading goes on with the default. What was read is kept as the effective settings.
/// </summary>
/// <remarks>
/// It is a bug, and an exception, to ask for a key that the template has not, or not to ask for one that it has: so the keys that
/// are documented and the keys that are read cannot drift apart. A given <c>null</c> counts as not given.
/// </remarks>
internal sealed partial class SectionReader
{
    private readonly Dictionary<string, HoconField> _given;
    private readonly HoconObject _template;
    private readonly string _path;
    private readonly HoconPlace _place;
    private readonly MistakeLog _log;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wrong = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HoconValue> _effective = new(StringComparer.Ordinal);

    /// <param name="given">What the configuration has, or null.</param>
    /// <param name="place">Where to point for what is missing.</param>
    /// <param name="template">All keys with their defaults.</param>
    /// <param name="path">The key of this object, from the root.</param>
    /// <param name="log">Takes the mistakes.</param>
    private SectionReader(HoconObject? given, HoconPlace place, HoconObject template, string path, MistakeLog log)
    {
        _given = (given?.Fields ?? []).ToDictionary(field => field.Name, StringComparer.Ordinal);
        _template = template;
        _path = path;
        _place = place;
        _log = log;
    }

    /// <summary>Reads a whole object; afterwards <paramref name="effective"/> is the same object with all defaults, in the template's order.</summary>
    internal static T Read<T>(
        HoconObject? given, HoconPlace place, HoconObject template, string path, MistakeLog log, Func<SectionReader, T> read, out HoconObject effective)
    {
        var reader = new SectionReader(given, place, template, path, log);
        var result = read(reader);
        effective = reader.End();
        return result;
    }

    internal bool IsGiven(string key) => Given(key) is not null;

    /// <summary>A mistake was reported for this key, so the value that was returned is not the one that was meant.</summary>
    internal bool IsWrong(string key) => _wrong.Contains(key);

    /// <summary>The given value, or the default.</summary>
    internal T Get<T>(string key, ValueKind<T> kind)
    {
        var value = Parse(key, Ask(key), kind, out var parsed) ? parsed : Default(key, kind);
        Keep(key, kind, value);
        return value;
    }

    /// <summary>The given value, or null.</summary>
    internal T? Optional<T>(string key, ValueKind<T> kind)
        where T : class
    {
        if (!Parse(key, Ask(key), kind, out var value))
        {
            return null;
        }

        Keep(key, kind, value);
        return value;
    }

    /// <summary>The given value, or one that follows from other keys and is shown as if it were given.</summary>
    internal T OptionalOr<T>(string key, ValueKind<T> kind, T otherwise)
        where T : class
    {
        var value = Optional(key, kind) ?? otherwise;
        Keep(key, kind, value);
        return value;
    }

    /// <summary>As <see cref="Optional{T}"/>, and not to give it is a mistake.</summary>
    internal T? Required<T>(string key, ValueKind<T> kind)
        where T : class
    {
        var value = Optional(key, kind);
        if (!IsGiven(key))
        {
            Missing(key, kind.Allowed);
        }

        return value;
    }

    /// <summary>An object whose every key the template has, too.</summary>
    internal T Section<T>(string key, Func<SectionReader, T> read)
    {
        var given = Ask(key);
        var result = Read(
            AsObject(key, given?.Value), PlaceOf(key), (HoconObject)Template(key), PathOf(key), _log, read, out var effective);
        _effective[key] = effective;
        return result;
    }

    /// <summary>The same where the object means something by being there: null if it is not.</summary>
    internal T? OptionalSection<T>(string key, Func<SectionReader, T> read)
        where T : class? =>
        AsObject(key, Ask(key)?.Value) is null ? null : Section(key, read);

    /// <summary>For keys that mean nothing together with another one: to give one of them is a mistake.</summary>
    internal void Refuse(string problem, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (Ask(key) is not null)
            {
                Mistake(key, problem, null);
            }
        }
    }

    /// <summary>Reports a mistake of a value that was read.</summary>
    internal void Mistake(string key, string problem, string? allowed)
    {
        var given = Given(key);
        Report(key, given?.Value.Place ?? _place, PathOf(key), given?.Value, problem, allowed);
    }

    /// <summary>Reports a mistake of the object itself.</summary>
    internal void Mistake(string problem, string? allowed) =>
        _log.Add(new ConfigurationMistake(_place, _path, null, problem, allowed));

    internal void Missing(string key, string allowed) =>
        Report(key, _place, PathOf(key), null, "is missing", allowed);

    internal void Warn(string key, string problem)
    {
        var given = Given(key);
        _log.Warn(new ConfigurationMistake(given?.Value.Place ?? _place, PathOf(key), Show(given?.Value), problem, null));
    }

    /// <summary>Warns of the object itself.</summary>
    internal void Warn(string problem) => _log.Warn(new ConfigurationMistake(_place, _path, null, problem, null));

    private HoconObject End()
    {
        foreach (var field in _given.Values.Where(field => _template.Find(field.Name) is null))
        {
            var known = _template.Fields.Select(template => template.Name).ToArray();
            var problem = $"unknown key{Suggestion.DidYouMean(field.Name, known)}";
            Report(field.Name, field.Place, PathOf(field.Name), null, problem, string.Join(", ", known));
        }

        if (_template.Fields.FirstOrDefault(field => !_asked.Contains(field.Name)) is { } forgotten)
        {
            throw new InvalidOperationException($"reference.conf has {PathOf(forgotten.Name)}, which nothing reads");
        }

        var fields = _template.Fields
            .Where(field => _effective.ContainsKey(field.Name))
            .Select(field => field with { Value = _effective[field.Name] });
        return new HoconObject(fields, _place);
    }

    private HoconField? Given(string key) => _given.GetValueOrDefault(key) is { Value: not HoconNull } field ? field : null;

    private HoconField? Ask(string key)
    {
        _asked.Add(key);
        _ = Template(key);
        return Given(key);
    }

    private HoconValue Template(string key) => _template.Find(key)?.Value
        ?? throw new InvalidOperationException($"{PathOf(key)} is read, but reference.conf does not have it");

    private T Default<T>(string key, ValueKind<T> kind) =>
        Template(key) is HoconScalar and not HoconNull and var scalar && kind.Parse(scalar.Text, out var value) is null
            ? value
            : throw new InvalidOperationException($"the default of {PathOf(key)} in reference.conf cannot be read");

    private string PathOf(string key) => $"{_path}.{HoconText.Key(key)}";

    private HoconPlace PlaceOf(string key) => Given(key)?.Place ?? _place;

    private HoconObject? AsObject(string key, HoconValue? value)
    {
        if (value is HoconBroken)
        {
            _wrong.Add(key);
        }
        else if (value is not (null or HoconObject))
        {
            Mistake(key, $"is {value.Kind}", "an object");
        }

        return value as HoconObject;
    }

    private bool Parse<T>(string key, HoconField? given, ValueKind<T> kind, out T value)
    {
        value = default!;
        return given is not null && Parse(key, PathOf(key), given.Value, kind, out value);
    }

    private bool Parse<T>(string key, string path, HoconValue given, ValueKind<T> kind, out T value)
    {
        value = default!;
        if (given is HoconBroken)
        {
            _wrong.Add(key);
            return false;
        }

        var problem = given is HoconScalar and not HoconNull and var scalar
            ? kind.Parse(scalar.Text, out value)
            : $"is {given.Kind}";
        if (problem is not null)
        {
            Report(key, given.Place, path, given, problem, kind.Allowed);
        }

        return problem is null;
    }

    private void Keep<T>(string key, ValueKind<T> kind, T value) => _effective[key] = Scalar(kind, value, PlaceOf(key));

    private static HoconScalar Scalar<T>(ValueKind<T> kind, T value, HoconPlace place) =>
        value is string text ? new HoconString(text, place) : HoconText.Unquoted(kind.Render(value), place);

    private void Report(string key, HoconPlace place, string path, HoconValue? value, string problem, string? allowed)
    {
        _wrong.Add(key);
        _log.Add(new ConfigurationMistake(place, path, Show(value), problem, allowed));
    }

    private static string? Show(HoconValue? value)
    {
        const int longest = 80;
        var text = value switch
        {
            null or HoconBroken => null,
            HoconObject => "{ … }",
            HoconArray => "[ … ]",
            HoconString written => HoconText.Quote(written.Text),
            var scalar => ((HoconScalar)scalar).Text,
        };
        return text is { Length: > longest } ? string.Concat(text.AsSpan(0, longest), "…") : text;
    }
}
