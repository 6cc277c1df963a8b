namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>
/// Reads one text into an object of nodes; substitutions are left standing. The first syntax error ends it.
/// </summary>
/// <remarks>
/// Two forms that need a path are refused inside an array, whose elements have none: <c>include</c> and <c>+=</c>.
/// </remarks>
internal sealed class HoconParser
{
    private readonly HoconSource _source;
    private readonly HoconParseContext _context;
    private readonly HoconCursor _cursor;

    /// <summary>Where the roots of this file and of those that include it lie in the whole tree, this file's first.</summary>
    private readonly IReadOnlyList<HoconPath> _roots;

    private HoconParser(HoconSource source, HoconParseContext context, IReadOnlyList<HoconPath> roots)
    {
        _source = source;
        _context = context;
        _roots = roots;
        _cursor = new HoconCursor(source);
    }

    /// <summary>Merges the fields of <paramref name="source"/> over those of <paramref name="target"/>.</summary>
    /// <param name="target">What is known already; incomplete if a mistake is returned.</param>
    /// <param name="source">The text.</param>
    /// <param name="context">Shared by all texts of one configuration.</param>
    /// <param name="roots">See <see cref="_roots"/>; one empty path for a text that is not included.</param>
    internal static ConfigurationMistake? ParseInto(
        ObjectNode target, HoconSource source, HoconParseContext context, IReadOnlyList<HoconPath> roots)
    {
        if (source.Text.Length > HoconLimits.SourceLength)
        {
            return new ConfigurationMistake(
                HoconPlace.Whole(source.Name), null, null, "is too long", $"{HoconLimits.SourceLength} characters");
        }

        var parser = new HoconParser(source, context, roots);
        parser.ParseDocument(target);
        return parser._cursor.Mistake;
    }

    private bool ParseDocument(ObjectNode target)
    {
        _cursor.SkipLines();
        if (_cursor.Kind != HoconTokenKind.OpenBrace)
        {
            return _cursor.Kind == HoconTokenKind.OpenBracket
                ? _cursor.Fail("an object: a configuration is no array")
                : ParseFields(target, HoconPath.Root, HoconTokenKind.End, opened: null);
        }

        var opened = _cursor.Token.Place;
        _cursor.Advance();
        if (!ParseFields(target, HoconPath.Root, HoconTokenKind.CloseBrace, opened))
        {
            return false;
        }

        _cursor.Advance();
        _cursor.SkipLines();
        return _cursor.Kind == HoconTokenKind.End || _cursor.Fail("nothing behind the '}' of the whole text");
    }

    /// <summary>Stays on the token that closes.</summary>
    /// <param name="at">Where the object lies in this file; null inside an array.</param>
    private bool ParseFields(ObjectNode target, HoconPath? at, HoconTokenKind close, HoconPlace? opened)
    {
        while (true)
        {
            _cursor.SkipLines();
            if (_cursor.Kind == close)
            {
                return true;
            }

            if (_cursor.Token is { Kind: HoconTokenKind.Unquoted, Text: "include" })
            {
                if (!ParseInclude(target, at))
                {
                    return false;
                }
            }
            else if (!ParseField(target, at, opened))
            {
                return false;
            }

            if (!ParseSeparator(close, opened))
            {
                return false;
            }
        }
    }

    /// <summary>Behind a field or an element: a comma, a new line, or what closes.</summary>
    private bool ParseSeparator(HoconTokenKind close, HoconPlace? opened)
    {
        var newLine = _cursor.SkipLines();
        if (_cursor.Kind == HoconTokenKind.Comma)
        {
            _cursor.Advance();
            return true;
        }

        if (newLine || _cursor.Kind == close)
        {
            return true;
        }

        return _cursor.Kind is HoconTokenKind.Colon or HoconTokenKind.Equal
            ? _cursor.Fail($"a comma, a new line or {Closing(close, opened)}; a value that holds '{_cursor.Token.Text}' goes into quotes")
            : _cursor.Fail($"a comma, a new line or {Closing(close, opened)}");
    }

    private bool ParseField(ObjectNode target, HoconPath? at, HoconPlace? opened)
    {
        var elements = _cursor.ReadPath($"a key or {Closing(opened is null ? HoconTokenKind.End : HoconTokenKind.CloseBrace, opened)}");
        if (elements is null)
        {
            return false;
        }

        _cursor.SkipLines();
        var separator = _cursor.Kind;
        var separatorPlace = _cursor.Token.Place;
        if (separator is HoconTokenKind.Equal or HoconTokenKind.Colon or HoconTokenKind.PlusEqual)
        {
            _cursor.Advance();
            _cursor.SkipLines();
        }
        else if (separator != HoconTokenKind.OpenBrace)
        {
            return _cursor.Fail("'=', ':', '+=' or '{' behind a key");
        }

        if (!Enter(elements.Count - 1, elements[0].Place))
        {
            return false;
        }

        var path = at?.Append(PathOf(elements));
        var value = ParseValue(path);
        _context.Leave(elements.Count - 1);
        if (value is null)
        {
            return false;
        }

        if (separator == HoconTokenKind.PlusEqual)
        {
            if (path is null)
            {
                return _cursor.Fail(separatorPlace, "'+=' inside an array element", "'=' and the whole array");
            }

            var own = _roots[0].Append(path);
            value = new ConcatenationNode(
                [new SubstitutionNode(own, [own], optional: true, separatorPlace), new ArrayNode([value], value.Place)], value.Place);
        }

        Define(target, elements, value);
        return true;
    }

    /// <summary><c>a.b.c = value</c> is <c>a { b { c = value } }</c>.</summary>
    private static void Define(ObjectNode target, List<(string Name, HoconPlace Place)> elements, HoconNode value)
    {
        for (var i = elements.Count - 1; i > 0; i--)
        {
            var wrapper = new ObjectNode(elements[i - 1].Place);
            wrapper.Define(elements[i].Name, elements[i].Place, value);
            value = wrapper;
        }

        target.Define(elements[0].Name, elements[0].Place, value);
    }

    private HoconNode? ParseValue(HoconPath? path)
    {
        var parts = new List<HoconNode>();
        HoconToken? blank = null;
        while (true)
        {
            if (_cursor.Kind == HoconTokenKind.Blank)
            {
                blank = _cursor.Token;
                _cursor.Advance();
                continue;
            }

            if (_cursor.Kind is not (HoconTokenKind.Unquoted or HoconTokenKind.Quoted or HoconTokenKind.OpenBrace or HoconTokenKind.OpenBracket
                or HoconTokenKind.OpenSubstitution or HoconTokenKind.OpenOptionalSubstitution))
            {
                break;
            }

            if (blank is { } between && parts.Count > 0)
            {
                parts.Add(new BlankNode(between.Text, between.Place));
            }

            blank = null;
            var part = ParsePart(path);
            if (part is null)
            {
                return null;
            }

            parts.Add(part);
        }

        if (parts.Count == 0)
        {
            _cursor.Fail("a value");
            return null;
        }

        var joined = HoconConcatenation.Join(parts, out var mistake);
        if (mistake is not null)
        {
            _cursor.Fail(mistake);
        }

        return joined;
    }

    private HoconNode? ParsePart(HoconPath? path)
    {
        var token = _cursor.Token;
        switch (token.Kind)
        {
            case HoconTokenKind.Unquoted:
                _cursor.Advance();
                return new ScalarNode(HoconText.Unquoted(token.Text, token.Place));
            case HoconTokenKind.Quoted:
                _cursor.Advance();
                return new ScalarNode(new HoconString(token.Text, token.Place));
            case HoconTokenKind.OpenBrace or HoconTokenKind.OpenBracket:
                if (!Enter(1, token.Place))
                {
                    return null;
                }

                HoconNode? container = token.Kind == HoconTokenKind.OpenBrace ? ParseObject(path) : ParseArray();
                _context.Leave(1);
                return container;
            default:
                return ParseSubstitution();
        }
    }

    private ObjectNode? ParseObject(HoconPath? path)
    {
        var node = new ObjectNode(_cursor.Token.Place);
        _cursor.Advance();
        if (!ParseFields(node, path, HoconTokenKind.CloseBrace, node.Place))
        {
            return null;
        }

        _cursor.Advance();
        return node;
    }

    private ArrayNode? ParseArray()
    {
        var opened = _cursor.Token.Place;
        var items = new List<HoconNode>();
        _cursor.Advance();
        _cursor.SkipLines();
        while (_cursor.Kind != HoconTokenKind.CloseBracket)
        {
            if (_cursor.Kind == HoconTokenKind.End)
            {
                _cursor.Fail($"a value or {Closing(HoconTokenKind.CloseBracket, opened)}");
                return null;
            }

            var item = ParseValue(path: null);
            if (item is null || !ParseSeparator(HoconTokenKind.CloseBracket, opened))
            {
                return null;
            }

            items.Add(item);
            _cursor.SkipLines();
        }

        _cursor.Advance();
        return new ArrayNode(items, opened);
    }

    private SubstitutionNode? ParseSubstitution()
    {
        var place = _cursor.Token.Place;
        var optional = _cursor.Kind == HoconTokenKind.OpenOptionalSubstitution;
        _cursor.Advance();
        var elements = _cursor.ReadPath("the path of a key");
        if (elements is null)
        {
            return null;
        }

        if (_cursor.Kind != HoconTokenKind.CloseBrace)
        {
            _cursor.Fail($"'}}' behind the path of the substitution at {place}");
            return null;
        }

        _cursor.Advance();
        var path = PathOf(elements);
        HoconPath[] candidates = [.. _roots.Select(root => root.Append(path))];
        _context.Refer(candidates);
        return new SubstitutionNode(path, candidates, optional, place);
    }

    private static HoconPath PathOf(List<(string Name, HoconPlace Place)> elements) => new([.. elements.Select(element => element.Name)]);

    private bool ParseInclude(ObjectNode target, HoconPath? at)
    {
        if (at is null)
        {
            return _cursor.Fail(_cursor.Token.Place, "include inside an array element", "include as a field of an object");
        }

        if (_cursor.ReadIncludeName() is not { } name)
        {
            return false;
        }

        IReadOnlyList<HoconPath> roots = at.Elements.IsEmpty ? _roots : [_roots[0].Append(at), .. _roots];
        return _context.Include(target, _source, name, roots) is not { } mistake || _cursor.Fail(mistake);
    }

    /// <summary>Counts levels of nesting; a true answer needs its <see cref="HoconParseContext.Leave"/>.</summary>
    private bool Enter(int levels, HoconPlace place) => _context.Enter(levels, place) is not { } mistake || _cursor.Fail(mistake);

    private static string Closing(HoconTokenKind close, HoconPlace? opened) => close switch
    {
        HoconTokenKind.CloseBrace => $"the '}}' for the '{{' at {opened}",
        HoconTokenKind.CloseBracket => $"the ']' for the '[' at {opened}",
        _ => "the end of the text",
    };
}
