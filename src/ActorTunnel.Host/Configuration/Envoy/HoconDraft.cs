using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>A HOCON object that is being put together; each field knows the place of the bootstrap that it comes from.</summary>
/// <param name="place">Of the object.</param>
internal sealed class HoconDraft(HoconPlace place)
{
    private readonly List<DraftField> _fields = [];

    internal HoconPlace Place { get; } = place;

    internal IReadOnlyList<DraftField> Fields => _fields;

    internal bool Has(string key) => _fields.Exists(field => field.Key == key);

    internal void Set(string key, Placed<string>? text) => Set(key, text, value => value);

    /// <summary>In the largest unit of which it is a whole number.</summary>
    internal void Set(string key, Placed<TimeSpan>? duration) => Set(key, duration, HoconUnits.Render);

    /// <summary>A value in another form than it has in the bootstrap; null leaves the key out.</summary>
    internal void Set<T>(string key, Placed<T>? value, Func<T, string> render)
    {
        if (value is not null)
        {
            _fields.Add(new DraftField(key, new DraftValue.Scalar(Render(value, render)), value.Place, null));
        }
    }

    /// <summary>A word of the configuration, not of the bootstrap.</summary>
    internal void Set(string key, string word, HoconPlace from) =>
        _fields.Add(new DraftField(key, new DraftValue.Scalar(HoconText.Unquoted(word, from)), from, null));

    internal void Set(string key, IReadOnlyList<Placed<string>> texts, HoconPlace from) => _fields.Add(new DraftField(
        key, new DraftValue.Scalars([.. texts.Select(text => Render(text, value => value))]), from, null));

    internal void Set(string key, IReadOnlyList<HoconDraft> drafts, HoconPlace from) =>
        _fields.Add(new DraftField(key, new DraftValue.Drafts(drafts), from, null));

    /// <param name="key">Of the object.</param>
    /// <param name="draft">Left out where it is null or has no field.</param>
    /// <param name="comment">One line to stand above it, or null.</param>
    internal void Set(string key, HoconDraft? draft, string? comment = null)
    {
        if (draft is { Fields.Count: > 0 })
        {
            _fields.Add(new DraftField(key, new DraftValue.Draft(draft), draft.Place, comment));
        }
    }

    private static HoconScalar Render<T>(Placed<T> value, Func<T, string> render) => value.Value is string text
        ? new HoconString(render(value.Value), value.Place)
        : HoconText.Unquoted(render(value.Value), value.Place);
}

/// <summary>A key with its value.</summary>
/// <param name="Key">As HOCON has it: in quotes where it needs them; several elements of a path have dots between them.</param>
/// <param name="Value">What it is set to.</param>
/// <param name="Place">Where in the bootstrap it comes from.</param>
/// <param name="Comment">One line to stand above it, or null.</param>
internal sealed record DraftField(string Key, DraftValue Value, HoconPlace Place, string? Comment);

/// <summary>What a field of a draft may be.</summary>
internal abstract record DraftValue
{
    private DraftValue()
    {
    }

    internal sealed record Scalar(HoconScalar Value) : DraftValue;

    internal sealed record Scalars(IReadOnlyList<HoconScalar> Items) : DraftValue;

    internal sealed record Drafts(IReadOnlyList<HoconDraft> Items) : DraftValue;

    internal sealed record Draft(HoconDraft Value) : DraftValue;
}
