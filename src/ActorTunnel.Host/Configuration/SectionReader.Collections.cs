using System.Collections.Immutable;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration;

/// <summary>What an operator names or counts: entries, elements and pairs, which no template can list.</summary>
internal sealed partial class SectionReader
{
    /// <summary>An array of scalars; those with mistakes are left out.</summary>
    internal ImmutableArray<T> List<T>(string key, ValueKind<T> kind)
    {
        var values = ImmutableArray.CreateBuilder<T>();
        var shown = new List<HoconValue>();
        foreach (var (item, path) in Items(key, $"an array, each element {kind.Allowed}"))
        {
            if (Parse(key, path, item, kind, out var value))
            {
                values.Add(value);
                shown.Add(Scalar(kind, value, item.Place));
            }
        }

        _effective[key] = new HoconArray(shown, PlaceOf(key));
        return values.ToImmutable();
    }

    /// <summary>An object whose keys are names, each with an object of the same template.</summary>
    internal void Entries(string key, HoconObject template, Action<string, SectionReader> read)
    {
        var shown = new List<HoconField>();
        foreach (var (field, path) in Fields(key))
        {
            if (!ValueKind.IsName(field.Name))
            {
                Report(key, field.Place, path, null, "this name cannot be used", ValueKind.Name.Allowed);
            }

            if (field.Value is HoconNull or HoconBroken)
            {
                continue;
            }

            if (field.Value is not HoconObject entry)
            {
                Report(key, field.Value.Place, path, field.Value, $"is {field.Value.Kind}", "an object");
                continue;
            }

            Read(entry, field.Place, template, path, _log, reader => { read(field.Name, reader); return true; }, out var effective);
            shown.Add(field with { Value = effective });
        }

        _effective[key] = new HoconObject(shown, PlaceOf(key));
    }

    /// <summary>An array of objects of the same template.</summary>
    /// <returns>How many elements were given, those with mistakes too.</returns>
    internal int Items(string key, HoconObject template, Action<SectionReader> read)
    {
        var shown = new List<HoconValue>();
        var count = 0;
        foreach (var (item, path) in Items(key, "an array of objects"))
        {
            count++;
            if (item is not HoconObject entry)
            {
                Report(key, item.Place, path, item, $"is {item.Kind}", "an object");
                continue;
            }

            Read(entry, item.Place, template, path, _log, reader => { read(reader); return true; }, out var effective);
            shown.Add(effective);
        }

        _effective[key] = new HoconArray(shown, PlaceOf(key));
        return count;
    }

    /// <summary>An object whose keys are names and whose values are texts, in the order of the file.</summary>
    /// <param name="problemOf">Null for a pair that is allowed.</param>
    internal ImmutableArray<KeyValuePair<string, string>> Texts(string key, Func<string, string, string?> problemOf)
    {
        var pairs = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        var shown = new List<HoconField>();
        foreach (var (field, path) in Fields(key))
        {
            switch (field.Value)
            {
                case HoconNull or HoconBroken:
                    break;
                case HoconScalar scalar when problemOf(field.Name, scalar.Text) is { } problem:
                    Report(key, scalar.Place, path, scalar, problem, null);
                    break;
                case HoconScalar scalar:
                    pairs.Add(KeyValuePair.Create(field.Name, scalar.Text));
                    shown.Add(field with { Value = new HoconString(scalar.Text, scalar.Place) });
                    break;
                default:
                    Report(key, field.Value.Place, path, field.Value, $"is {field.Value.Kind}", "a text; a name with a dot in it goes into quotes");
                    break;
            }
        }

        _effective[key] = new HoconObject(shown, PlaceOf(key));
        return pairs.ToImmutable();
    }

    private IEnumerable<(HoconField Field, string Path)> Fields(string key) =>
        (AsObject(key, Ask(key)?.Value)?.Fields ?? []).Select(field => (field, $"{PathOf(key)}.{HoconText.Key(field.Name)}"));

    private IEnumerable<(HoconValue Item, string Path)> Items(string key, string allowed)
    {
        var given = Ask(key)?.Value;
        if (given is HoconBroken)
        {
            _wrong.Add(key);
        }
        else if (given is not (null or HoconArray))
        {
            Mistake(key, $"is {given.Kind}", allowed);
        }

        return ((given as HoconArray)?.Items ?? []).Select((item, index) => (item, $"{PathOf(key)}[{index}]"));
    }
}
