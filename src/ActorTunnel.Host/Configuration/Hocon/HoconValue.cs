namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>What concatenation tells apart.</summary>
internal enum HoconShape
{
    Scalar,
    Array,
    Object,
}

/// <summary>A resolved value: immutable, and it knows where it was written.</summary>
public abstract class HoconValue
{
    private protected HoconValue(HoconPlace place) => Place = place;

    /// <summary>Where the value was written; for a value that came through a substitution, where it was defined.</summary>
    public HoconPlace Place { get; }

    /// <summary>What an operator would call it: <c>an object</c>, <c>a text</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Which values can stand next to each other.</summary>
    internal virtual HoconShape Shape => HoconShape.Scalar;

    /// <summary>Levels of objects and arrays below and with this one; 0 for a scalar.</summary>
    internal virtual int Depth => 0;

    /// <summary>See <see cref="HoconLimits.Weight"/>.</summary>
    internal virtual long Weight => 1;
}

/// <summary>A value that is no object and no array.</summary>
public abstract class HoconScalar : HoconValue
{
    private protected HoconScalar(string text, HoconPlace place)
        : base(place) => Text = text;

    /// <summary>As it was written, without quotes; this is what string concatenation uses.</summary>
    public string Text { get; }
}

/// <summary>A quoted or unquoted text.</summary>
public sealed class HoconString(string text, HoconPlace place) : HoconScalar(text, place)
{
    public override string Kind => "a text";

    internal override long Weight => 1 + (Text.Length / 64);
}

/// <summary>A JSON number, kept as it was written.</summary>
public sealed class HoconNumber(string text, HoconPlace place) : HoconScalar(text, place)
{
    public override string Kind => "a number";
}

/// <summary><c>true</c> or <c>false</c>.</summary>
public sealed class HoconBoolean(bool value, HoconPlace place) : HoconScalar(value ? "true" : "false", place)
{
    public bool Value { get; } = value;

    public override string Kind => "a boolean";
}

/// <summary><c>null</c>.</summary>
public sealed class HoconNull(HoconPlace place) : HoconScalar("null", place)
{
    public override string Kind => "null";
}

/// <summary>A value that could not be resolved. Its mistake is reported already, so who meets it keeps silent.</summary>
public sealed class HoconBroken(HoconPlace place) : HoconValue(place)
{
    public override string Kind => "broken";
}

/// <summary>An array.</summary>
public sealed class HoconArray : HoconValue
{
    public HoconArray(IReadOnlyList<HoconValue> items, HoconPlace place)
        : base(place)
    {
        Items = items;
        Depth = 1 + items.Select(item => item.Depth).DefaultIfEmpty(0).Max();
        Weight = 1 + items.Sum(item => item.Weight);
    }

    public IReadOnlyList<HoconValue> Items { get; }

    public override string Kind => "an array";

    internal override HoconShape Shape => HoconShape.Array;

    internal override int Depth { get; }

    internal override long Weight { get; }
}

/// <summary>A key with its value.</summary>
/// <param name="Name">One element of a path, without quotes.</param>
/// <param name="Place">Where the key was written last.</param>
/// <param name="Value">The value that won.</param>
public sealed record HoconField(string Name, HoconPlace Place, HoconValue Value);

/// <summary>An object; its fields keep the order in which their keys were first seen.</summary>
public sealed class HoconObject : HoconValue
{
    private readonly OrderedDictionary<string, HoconField> _fields = new(StringComparer.Ordinal);

    /// <param name="fields">Unique by name.</param>
    /// <param name="place">Where the object was written last.</param>
    public HoconObject(IEnumerable<HoconField> fields, HoconPlace place)
        : base(place)
    {
        var depth = 0;
        Weight = 1;
        foreach (var field in fields)
        {
            _fields.Add(field.Name, field);
            depth = Math.Max(depth, field.Value.Depth);
            Weight += field.Value.Weight;
        }

        Depth = 1 + depth;
    }

    public IReadOnlyList<HoconField> Fields => _fields.Values;

    public override string Kind => "an object";

    internal override HoconShape Shape => HoconShape.Object;

    internal override int Depth { get; }

    internal override long Weight { get; }

    /// <summary>The field of that name, or null.</summary>
    public HoconField? Find(string name) => _fields.GetValueOrDefault(name);
}
