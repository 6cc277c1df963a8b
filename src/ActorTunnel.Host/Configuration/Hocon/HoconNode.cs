namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>What the parser yields: values in which substitutions still stand. Each node has one parent.</summary>
internal abstract class HoconNode(HoconPlace place)
{
    internal HoconPlace Place { get; set; } = place;
}

/// <summary>A scalar that depends on nothing.</summary>
internal sealed class ScalarNode(HoconScalar value) : HoconNode(value.Place)
{
    internal HoconScalar Value { get; } = value;
}

/// <summary>White space between the parts of a concatenation.</summary>
internal sealed class BlankNode(string text, HoconPlace place) : HoconNode(place)
{
    internal string Text { get; } = text;
}

/// <summary><c>${path}</c> or <c>${?path}</c>.</summary>
/// <param name="path">As it was written; the environment is asked for this name.</param>
/// <param name="candidates">Where to look, best first: an included file's paths are tried inside the object that includes it, then further out.</param>
/// <param name="optional">With <c>?</c>: not finding it is no mistake.</param>
/// <param name="place">Of the dollar sign.</param>
internal sealed class SubstitutionNode(HoconPath path, IReadOnlyList<HoconPath> candidates, bool optional, HoconPlace place)
    : HoconNode(place)
{
    internal HoconPath Path { get; } = path;

    internal IReadOnlyList<HoconPath> Candidates { get; } = candidates;

    internal bool Optional { get; } = optional;

    public override string ToString() => $"${{{(Optional ? "?" : "")}{Path}}}";
}

/// <summary>Several parts on one line, of which at least one is a substitution.</summary>
internal sealed class ConcatenationNode(IReadOnlyList<HoconNode> parts, HoconPlace place) : HoconNode(place)
{
    internal IReadOnlyList<HoconNode> Parts { get; } = parts;
}

/// <summary>A node whose value is computed once, and that can meet itself while it is.</summary>
internal abstract class ContainerNode(HoconPlace place) : HoconNode(place)
{
    /// <summary>The value, once it is known.</summary>
    internal HoconValue? Resolved { get; set; }

    /// <summary>Substitutions that waited when this one was begun; null while it is not under way.</summary>
    internal int? BegunAt { get; set; }
}

internal sealed class ArrayNode(IReadOnlyList<HoconNode> items, HoconPlace place) : ContainerNode(place)
{
    internal IReadOnlyList<HoconNode> Items { get; } = items;
}

internal sealed class FieldNode(string name, HoconPlace place, HoconNode node)
{
    internal string Name { get; } = name;

    internal HoconPlace Place { get; set; } = place;

    internal HoconNode Node { get; set; } = node;
}

internal sealed class ObjectNode(HoconPlace place) : ContainerNode(place)
{
    internal OrderedDictionary<string, FieldNode> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a definition of a key: objects merge, anything else hides what was there, unless it needs it to be resolved.</summary>
    internal void Define(string name, HoconPlace place, HoconNode node)
    {
        if (Fields.TryGetValue(name, out var field))
        {
            field.Place = place;
            field.Node = Combine(field.Node, node);
        }
        else
        {
            Fields.Add(name, new FieldNode(name, place, Combine(null, node)));
        }
    }

    /// <summary>Takes over the fields of an object that is written later.</summary>
    internal void MergeWith(ObjectNode later)
    {
        Place = later.Place;
        foreach (var field in later.Fields.Values)
        {
            Define(field.Name, field.Place, field.Node);
        }
    }

    private static HoconNode Combine(HoconNode? earlier, HoconNode later)
    {
        switch (later)
        {
            case SubstitutionNode or ConcatenationNode:
                return Stack(earlier, [later]);
            case StackNode stack:
                return Stack(earlier, stack.Layers);
            case ObjectNode added when earlier is ObjectNode below:
                below.MergeWith(added);
                return below;
            case ObjectNode added when earlier is StackNode { Layers: [.., ObjectNode top] }:
                top.MergeWith(added);
                return earlier;
            case ObjectNode when earlier is StackNode known:
                known.Layers.Add(later);
                return known;
            default:
                return later;
        }
    }

    private static StackNode Stack(HoconNode? earlier, IReadOnlyList<HoconNode> later)
    {
        if (earlier is StackNode known)
        {
            known.Layers.AddRange(later);
            return known;
        }

        var stack = new StackNode(later[^1].Place);
        if (earlier is not null)
        {
            stack.Layers.Add(earlier);
        }

        stack.Layers.AddRange(later);
        return stack;
    }
}

/// <summary>
/// The definitions of one key, the latest last, where a substitution is among them: what hides what is known only when it is resolved.
/// The substitution of a layer that refers to its own key means the layers below.
/// </summary>
internal sealed class StackNode(HoconPlace place) : ContainerNode(place)
{
    /// <summary>At least one substitution or concatenation among them.</summary>
    internal List<HoconNode> Layers { get; } = [];

    /// <summary>Values of the layers that are resolved; a null entry is a layer that turned out to be undefined.</summary>
    internal Dictionary<int, HoconValue?> LayerValues { get; } = [];

    /// <summary>The layer being resolved; while one is, who asks for this key sees the layers below.</summary>
    internal int? LayerUnderWay { get; set; }
}
