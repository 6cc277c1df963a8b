using System.Collections.Immutable;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Writes a draft as HOCON for people, and keeps for each line the place that it comes from.</summary>
internal sealed class DraftWriter
{
    private const int Indent = 2;

    /// <summary>Of listeners and upstreams; down to here objects have an empty line between them.</summary>
    private const int EntryDepth = 2;

    private readonly List<string> _lines = [];
    private readonly ImmutableArray<HoconPlace>.Builder _places = ImmutableArray.CreateBuilder<HoconPlace>();

    /// <summary>Lines end with <c>\n</c>.</summary>
    internal string Text => string.Concat(_lines.Select(line => $"{line}\n"));

    /// <summary>One for each line of <see cref="Text"/>.</summary>
    internal ImmutableArray<HoconPlace> Places => _places.ToImmutable();

    internal void Comment(string text, HoconPlace place, int depth = 0)
    {
        // A name in a bootstrap may hold a line break, which would end the comment.
        Line($"# {string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? '?' : c))}", place, depth);
    }

    internal void EmptyLine(HoconPlace place) => Line("", place, 0);

    /// <summary>The fields of a draft, without braces around them.</summary>
    internal void Fields(HoconDraft draft, int depth)
    {
        var isFirst = true;
        foreach (var field in draft.Fields)
        {
            if (!isFirst && depth <= EntryDepth && field.Value is DraftValue.Draft)
            {
                EmptyLine(field.Place);
            }

            isFirst = false;
            Field(field, depth);
        }
    }

    private static string Inline(HoconDraft draft) =>
        $"{{ {string.Join(", ", draft.Fields.Select(field => $"{field.Key} = {Inline(field.Value)}"))} }}";

    private static string Inline(DraftValue value) => value switch
    {
        DraftValue.Scalar scalar => HoconRenderer.Scalar(scalar.Value),
        DraftValue.Scalars scalars => $"[{string.Join(", ", scalars.Items.Select(HoconRenderer.Scalar))}]",
        _ => throw new InvalidOperationException("Objects in an array of objects are flat."),
    };

    private void Field(DraftField field, int depth)
    {
        if (field.Comment is not null)
        {
            Comment(field.Comment, field.Place, depth);
        }

        switch (field.Value)
        {
            case DraftValue.Draft draft:
                Line($"{field.Key} {{", field.Place, depth);
                Fields(draft.Value, depth + 1);
                Line("}", field.Place, depth);
                break;
            case DraftValue.Drafts drafts:
                Line($"{field.Key} = [", field.Place, depth);
                foreach (var item in drafts.Items)
                {
                    Line($"{Inline(item)},", item.Place, depth + 1);
                }

                Line("]", field.Place, depth);
                break;
            default:
                Line($"{field.Key} = {Inline(field.Value)}", field.Place, depth);
                break;
        }
    }

    private void Line(string text, HoconPlace place, int depth)
    {
        _lines.Add(text.Length == 0 ? "" : new string(' ', depth * Indent) + text);
        _places.Add(place);
    }
}
