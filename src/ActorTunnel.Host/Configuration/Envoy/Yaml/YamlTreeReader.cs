using ActorTunnel.Host.Configuration.Hocon;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ActorTunnel.Host.Configuration.Envoy.Yaml;

/// <summary>
/// Reads one YAML document as Envoy does: keys are texts, each once in a mapping; a key with the tag <c>!ignore</c> is left out with its
/// value and is there to hold anchors; merge keys (<c>&lt;&lt;</c>) are keys like any other. Stops at the first mistake.
/// </summary>
internal sealed class YamlTreeReader
{
    private const string Ignore = "!ignore";
    private const string OwnTags = "tag:yaml.org,2002:";

    private readonly HoconSource _source;
    private readonly Scanner _scanner;
    private readonly Parser _parser;

    /// <summary>Null stands for a node that is not complete yet.</summary>
    private readonly Dictionary<string, YamlValue?> _anchors = new(StringComparer.Ordinal);
    private long _weight;
    private ConfigurationMistake? _mistake;

    private YamlTreeReader(HoconSource source)
    {
        _source = source;
        _scanner = new Scanner(new StringReader(source.Text));
        _parser = new Parser(_scanner);
    }

    private ParsingEvent Current => _parser.Current!;

    /// <returns>Null where there is a mistake.</returns>
    internal static YamlValue? Read(HoconSource source, out ConfigurationMistake? mistake)
    {
        mistake = MistakeOfCharacters(source);
        if (mistake is not null)
        {
            return null;
        }

        var reader = new YamlTreeReader(source);
        try
        {
            var root = reader.ReadDocument();
            mistake = reader._mistake;
            return root;
        }
        catch (YamlException exception)
        {
            // How the library tells of bad syntax.
            mistake = new ConfigurationMistake(
                reader.PlaceOf(exception.Start), null, null, $"is no YAML: {exception.Message.ReplaceLineEndings(" ")}", null);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // How it tells of some, such as a bracket that is closed nowhere; it says only how far it came.
            mistake = new ConfigurationMistake(
                reader.PlaceOf(reader._scanner.CurrentPosition), null, null, "is no YAML: cannot be read any further; a bracket that is not closed?", null);
        }

        return null;
    }

    private YamlValue? ReadDocument()
    {
        Next();
        if (Next() is not DocumentStart)
        {
            return Refuse("holds no YAML document", "one document");
        }

        Next();
        if (ReadNode(1) is not { } root)
        {
            return null;
        }

        Next();
        return Next() is StreamEnd ? root : Refuse("holds more than one YAML document", "one document");
    }

    private ParsingEvent Next()
    {
        _parser.MoveNext();
        return Current;
    }

    /// <summary>
    /// Reads the node that the current event begins; afterwards its last event is the current one. Null, here and below: refused, and
    /// nothing more is read.
    /// </summary>
    private YamlValue? ReadNode(int depth)
    {
        if (!Weigh(1))
        {
            return null;
        }

        if (Current is AnchorAlias alias)
        {
            return ReadAlias(alias.Value.Value, depth);
        }

        if (Current is not NodeEvent node)
        {
            // The library lets a mapping end behind an empty key, as in "- : ".
            return Refuse("is no YAML: a value is missing", null);
        }

        if (!IsKnownTag(node))
        {
            return Refuse("this tag is not known", $"the tags of YAML itself, and {Ignore} on a key");
        }

        if (node is not Scalar && depth > YamlLimits.Depth)
        {
            return Refuse("nested too deeply", $"{YamlLimits.Depth} levels");
        }

        if (!node.Anchor.IsEmpty)
        {
            // Known from here on (YAML 1.2.2 §7.1), and of use only when it is complete.
            _anchors[node.Anchor.Value] = null;
        }

        var place = PlaceOf(node.Start);
        YamlValue? value = node switch
        {
            Scalar scalar => new YamlScalar(scalar.Value, scalar.Style == ScalarStyle.Plain && !IsText(scalar), place),
            SequenceStart => ReadSequence(place, depth),
            _ => ReadMapping(place, depth),
        };
        if (!node.Anchor.IsEmpty)
        {
            _anchors[node.Anchor.Value] = value;
        }

        return value;
    }

    private YamlValue? ReadAlias(string name, int depth)
    {
        if (!_anchors.TryGetValue(name, out var target))
        {
            return Refuse("there is no such anchor before this alias", null);
        }

        if (target is null)
        {
            return Refuse("this alias stands inside the node that it names", null);
        }

        if (depth - 1 + target.Depth > YamlLimits.Depth)
        {
            return Refuse("nested too deeply by this alias", $"{YamlLimits.Depth} levels");
        }

        return Weigh(target.Weight) ? target : null;
    }

    private YamlSequence? ReadSequence(HoconPlace place, int depth)
    {
        var items = new List<YamlValue>();
        while (Next() is not SequenceEnd)
        {
            if (ReadNode(depth + 1) is not { } item)
            {
                return null;
            }

            items.Add(item);
        }

        return new YamlSequence(items, place);
    }

    private YamlMapping? ReadMapping(HoconPlace place, int depth)
    {
        var fields = new List<YamlField>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (Next() is not MappingEnd)
        {
            var ignored = Current is Scalar { Tag.IsEmpty: false } tagged && tagged.Tag.Value == Ignore;
            var keyPlace = PlaceOf(Current.Start);
            if (ReadKey(names, depth) is not { } key)
            {
                return null;
            }

            Next();
            if (ReadNode(depth + 1) is not { } value)
            {
                return null;
            }

            if (!ignored)
            {
                fields.Add(new YamlField(key.Text, keyPlace, value));
            }
        }

        return new YamlMapping(fields, place);
    }

    private YamlScalar? ReadKey(HashSet<string> names, int depth)
    {
        if (Current is not (Scalar or AnchorAlias))
        {
            Refuse("this key is no text", null);
            return null;
        }

        if (ReadNode(depth + 1) is not { } node)
        {
            return null;
        }

        if (node is not YamlScalar key)
        {
            Refuse("this key is no text", null);
            return null;
        }

        if (!names.Add(key.Text))
        {
            Refuse($"the key {HoconText.Key(key.Text)} stands here twice", "each key once");
            return null;
        }

        return key;
    }

    private static bool IsKnownTag(NodeEvent node)
    {
        if (node.Tag.IsEmpty || node.Tag.IsNonSpecific)
        {
            return true;
        }

        var tag = node.Tag.Value;
        return tag.StartsWith(OwnTags, StringComparison.Ordinal) || (tag == Ignore && node is Scalar);
    }

    /// <summary><c>!!str</c> and the non-specific <c>!</c> make a text of what looks like a number.</summary>
    private static bool IsText(Scalar scalar) =>
        !scalar.Tag.IsEmpty && (scalar.Tag.IsNonSpecific || scalar.Tag.Value == OwnTags + "str");

    private bool Weigh(long weight)
    {
        _weight += weight;
        if (_weight > YamlLimits.Weight)
        {
            Refuse("the document is too large, each alias counted as all that it stands for", $"{YamlLimits.Weight} nodes");
            return false;
        }

        return true;
    }

    /// <summary>The first mistake, at the current event.</summary>
    private YamlValue? Refuse(string problem, string? allowed)
    {
        _mistake = new ConfigurationMistake(PlaceOf(Current.Start), null, null, problem, allowed);
        return null;
    }

    private HoconPlace PlaceOf(Mark mark) => _source.PlaceOf((int)mark.Line, (int)mark.Column);

    /// <summary>YAML 1.2.2 §5.1 has no control characters; to the library a NUL would be the end of the file.</summary>
    private static ConfigurationMistake? MistakeOfCharacters(HoconSource source)
    {
        var line = 1;
        var lineStart = 0;
        foreach (var (index, c) in source.Text.Index())
        {
            if (c == '\n')
            {
                line++;
                lineStart = index + 1;
            }
            else if (char.IsControl(c) && c is not ('\t' or '\r' or '\u0085'))
            {
                return new ConfigurationMistake(source.PlaceOf(line, index - lineStart + 1), null, null, "is no YAML: a control character", null);
            }
        }

        return null;
    }
}
