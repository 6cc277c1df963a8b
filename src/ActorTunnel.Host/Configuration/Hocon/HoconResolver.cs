using System.Collections.Immutable;
using System.Text;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>
/// Replaces substitutions by what they stand for. Mistakes are collected; a value that has one becomes <see cref="HoconBroken"/>.
/// </summary>
/// <remarks>
/// Every value is resolved only when it is asked for, and once. A path is walked through unresolved nodes, so an object may refer to
/// its own parts. While a layer of a <see cref="StackNode"/> is being resolved, the path to it leads to the layers below:
/// that is what <c>path = ${path} [x]</c> means, and it breaks every cycle that can be broken.
/// In these methods null is "undefined": what <c>${?x}</c> yields for an x that is nowhere.
/// </remarks>
internal sealed class HoconResolver
{
    private readonly ObjectNode _root;
    private readonly Func<string, string?> _environment;
    private readonly ImmutableArray<ConfigurationMistake>.Builder _mistakes = ImmutableArray.CreateBuilder<ConfigurationMistake>();

    /// <summary>Substitutions that wait for a value, the outermost first.</summary>
    private readonly List<SubstitutionNode> _waiting = [];

    private int _cyclesMet;
    private int _lastCycleFrom;
    private int _depth;
    private long _work;
    private bool _exhausted;

    private HoconResolver(ObjectNode root, Func<string, string?> environment)
    {
        _root = root;
        _environment = environment;
    }

    /// <summary>Resolves everything below <paramref name="root"/>.</summary>
    internal static HoconObject Resolve(
        ObjectNode root, Func<string, string?> environment, out ImmutableArray<ConfigurationMistake> mistakes)
    {
        var resolver = new HoconResolver(root, environment);
        var value = resolver.Resolve(root);
        mistakes = resolver._mistakes.ToImmutable();
        return value as HoconObject ?? new HoconObject([], root.Place);
    }

    private HoconValue? Resolve(HoconNode node) => node switch
    {
        ScalarNode scalar => scalar.Value,
        SubstitutionNode substitution => Guarded(substitution, static (self, it) => self.Substitute(it)),
        ConcatenationNode concatenation => Concatenate(concatenation),
        ContainerNode { Resolved: { } known } => known,
        ObjectNode item => Guarded(item, static (self, it) => self.ResolveOnce(it, self.ResolveFields)),
        ArrayNode item => Guarded(item, static (self, it) => self.ResolveOnce(it, self.ResolveItems)),
        StackNode stack => Guarded(stack, static (self, it) => self.ResolveStack(it)),
        _ => throw new InvalidOperationException($"{node.GetType().Name} has no value of its own"),
    };

    /// <summary>Keeps the stack of the thread and the memory of the process out of a configuration's reach.</summary>
    private HoconValue? Guarded<TNode>(TNode node, Func<HoconResolver, TNode, HoconValue?> resolve)
        where TNode : HoconNode
    {
        if (_exhausted)
        {
            return new HoconBroken(node.Place);
        }

        if (_depth == HoconLimits.ResolutionDepth)
        {
            return Exhausted(node.Place, "substitutions and values wait for each other too deeply", $"{HoconLimits.ResolutionDepth} levels");
        }

        _depth++;
        var value = resolve(this, node);
        _depth--;
        if (value is null or HoconBroken)
        {
            return value;
        }

        if (value.Depth > HoconLimits.Depth)
        {
            return Exhausted(node.Place, "substitutions nest this value too deeply", $"{HoconLimits.Depth} levels of objects and arrays");
        }

        return value.Weight > HoconLimits.Weight || _work > HoconLimits.Work
            ? Exhausted(node.Place, "substitutions make this value too large", $"{HoconLimits.Weight} values")
            : value;
    }

    /// <summary>One mistake ends all resolution: each further value could cost as much again.</summary>
    private HoconBroken Exhausted(HoconPlace place, string problem, string allowed)
    {
        if (!_exhausted)
        {
            _exhausted = true;
            Report(place, problem, allowed);
        }

        return new HoconBroken(place);
    }

    private void Report(HoconPlace place, string problem, string? allowed) =>
        _mistakes.Add(new ConfigurationMistake(place, null, null, problem, allowed));

    /// <summary>Objects and arrays: who comes back here on the way has met a cycle that nothing breaks.</summary>
    private HoconValue? ResolveOnce<TNode>(TNode node, Func<TNode, HoconValue> resolve)
        where TNode : ContainerNode
    {
        if (node.BegunAt is { } begunAt)
        {
            MeetCycle(begunAt);
            return null;
        }

        node.BegunAt = _waiting.Count;
        node.Resolved = resolve(node);
        node.BegunAt = null;
        return node.Resolved;
    }

    private HoconObject ResolveFields(ObjectNode node)
    {
        var fields = new List<HoconField>(node.Fields.Count);
        foreach (var field in node.Fields.Values)
        {
            _work++;
            if (Resolve(field.Node) is { } value)
            {
                fields.Add(new HoconField(field.Name, field.Place, value));
            }
        }

        return new HoconObject(fields, node.Place);
    }

    private HoconArray ResolveItems(ArrayNode node)
    {
        _work += node.Items.Count;
        return new HoconArray([.. node.Items.Select(Resolve).OfType<HoconValue>()], node.Place);
    }

    private HoconValue? ResolveStack(StackNode stack)
    {
        var hidden = false;
        var value = FindInStack(stack, [], ref hidden);
        if (stack.LayerUnderWay is null)
        {
            stack.Resolved = value;
        }

        return value;
    }

    private HoconValue? ResolveLayer(StackNode stack, int index)
    {
        if (stack.LayerValues.TryGetValue(index, out var known))
        {
            return known;
        }

        var (outerLayer, outerBegunAt) = (stack.LayerUnderWay, stack.BegunAt);
        (stack.LayerUnderWay, stack.BegunAt) = (index, _waiting.Count);
        var value = Resolve(stack.Layers[index]);
        (stack.LayerUnderWay, stack.BegunAt) = (outerLayer, outerBegunAt);
        stack.LayerValues.Add(index, value);
        return value;
    }

    /// <summary>The value at a path below <paramref name="node"/>.</summary>
    /// <param name="node">Where the path begins.</param>
    /// <param name="path">What is left of it.</param>
    /// <param name="hidden">Set where a scalar or an array stands in the way, so that what lies below it in a stack does not count.</param>
    private HoconValue? Find(HoconNode node, ReadOnlySpan<string> path, ref bool hidden)
    {
        switch (node)
        {
            case ContainerNode { Resolved: { } known }:
                return Descend(known, path, ref hidden);
            case StackNode stack when path.Length > 0:
                return FindInStack(stack, path, ref hidden);
            case ObjectNode item when path.Length > 0:
                return item.Fields.TryGetValue(path[0], out var field) ? Find(field.Node, path[1..], ref hidden) : null;
            case var _ when path.Length == 0:
                return Resolve(node);
            default:
                hidden = true;
                return null;
        }
    }

    private HoconValue? FindInStack(StackNode stack, ReadOnlySpan<string> path, ref bool hidden)
    {
        if (stack.LayerUnderWay is not null)
        {
            MeetCycle(stack.BegunAt.GetValueOrDefault());
        }

        HoconValue? found = null;
        for (var index = (stack.LayerUnderWay ?? stack.Layers.Count) - 1; index >= 0; index--)
        {
            _work++;
            var lower = stack.Layers[index] is SubstitutionNode or ConcatenationNode
                ? Descend(ResolveLayer(stack, index), path, ref hidden)
                : Find(stack.Layers[index], path, ref hidden);
            if (lower is HoconBroken)
            {
                return lower;
            }

            if (found is HoconObject upper && lower is HoconObject merged)
            {
                found = Merge(merged, upper);
            }

            found ??= lower;
            if (hidden || (lower is not null and not HoconObject))
            {
                // Only objects merge; a path that ended here without a value must not look further down either.
                hidden = found is null;
                break;
            }
        }

        return found;
    }

    private static HoconValue? Descend(HoconValue? value, ReadOnlySpan<string> path, ref bool hidden)
    {
        foreach (var element in path)
        {
            if (value is not HoconObject item)
            {
                hidden = value is not null;
                return value as HoconBroken;
            }

            value = item.Find(element)?.Value;
        }

        return value;
    }

    private HoconValue? Substitute(SubstitutionNode node)
    {
        var cyclesBefore = _cyclesMet;
        _waiting.Add(node);
        HoconValue? value = null;
        foreach (var candidate in node.Candidates)
        {
            var hidden = false;
            value ??= Find(_root, candidate.Elements.AsSpan(), ref hidden);
        }

        if (value is null && _environment(string.Join('.', node.Path.Elements)) is { } text)
        {
            value = new HoconString(text, node.Place);
        }

        if (value is null && !node.Optional)
        {
            ReportMissing(node, isCycle: _cyclesMet != cyclesBefore);
            value = new HoconBroken(node.Place);
        }

        _waiting.RemoveAt(_waiting.Count - 1);
        return value;
    }

    private void MeetCycle(int begunAt)
    {
        _cyclesMet++;
        _lastCycleFrom = begunAt;
    }

    private void ReportMissing(SubstitutionNode node, bool isCycle)
    {
        const string allowed = "a key that has a value, an environment variable, or ${?…} where it may be missing";
        var cycle = isCycle ? _waiting.Skip(_lastCycleFrom).ToArray() : [];
        if (cycle.Length > 1)
        {
            var way = string.Join(" → ", cycle.Select(step => $"{step} at {step.Place}"));
            Report(node.Place, $"substitutions in a circle: {way}", "a value somewhere in the circle");
        }
        else if (isCycle)
        {
            Report(node.Place, $"{node} needs its own value, and there is no earlier one", allowed);
        }
        else
        {
            Report(node.Place, $"{node} is defined neither in the configuration nor in the environment", allowed);
        }
    }

    private HoconValue? Concatenate(ConcatenationNode node)
    {
        // A blank is a text like others between texts, and nothing between arrays or objects.
        var values = new List<HoconValue>();
        var text = new StringBuilder();
        foreach (var part in node.Parts)
        {
            if (part is BlankNode blank)
            {
                text.Append(blank.Text);
            }
            else if (Resolve(part) is { } value)
            {
                values.Add(value);
                text.Append((value as HoconScalar)?.Text);
            }

            if (text.Length > HoconLimits.SourceLength)
            {
                return Exhausted(node.Place, "substitutions make this text too long", $"{HoconLimits.SourceLength} characters");
            }
        }

        _work += text.Length / 16;
        return values switch
        {
            [] => null,
            _ when values.Exists(value => value is HoconBroken) => new HoconBroken(node.Place),
            _ when values.TrueForAll(value => value is HoconScalar) => new HoconString(text.ToString(), node.Place),
            _ when values.TrueForAll(value => value is HoconArray) => JoinArrays(node, values),
            _ when values.TrueForAll(value => value is HoconObject) => values.Cast<HoconObject>().Aggregate(Merge),
            _ => Mixed(node, values),
        };
    }

    private HoconArray JoinArrays(ConcatenationNode node, List<HoconValue> values)
    {
        HoconValue[] items = [.. values.Cast<HoconArray>().SelectMany(array => array.Items)];
        _work += items.Length;
        return new HoconArray(items, node.Place);
    }

    private HoconBroken Mixed(ConcatenationNode node, List<HoconValue> values)
    {
        var odd = values.Find(value => value.Shape != values[0].Shape)!;
        _mistakes.Add(HoconConcatenation.Mixed(node.Place, values[0].Kind, odd.Kind));
        return new HoconBroken(node.Place);
    }

    private HoconObject Merge(HoconObject earlier, HoconObject later)
    {
        _work += earlier.Fields.Count + later.Fields.Count;
        var fields = new OrderedDictionary<string, HoconField>(StringComparer.Ordinal);
        foreach (var field in earlier.Fields)
        {
            fields.Add(field.Name, field);
        }

        foreach (var field in later.Fields)
        {
            fields[field.Name] = field.Value is HoconObject upper && earlier.Find(field.Name)?.Value is HoconObject lower
                ? field with { Value = Merge(lower, upper) }
                : field;
        }

        return new HoconObject(fields.Values, later.Place);
    }
}
