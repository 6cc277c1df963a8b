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
    private readonly HoconLexer _lexer;

    /// <summary>Where the roots of this file and of those that include it lie in the whole tree, this file's first.</summary>
    private readonly IReadOnlyList<HoconPath> _roots;

    private HoconToken _token;
    private ConfigurationMistake? _mistake;

    private HoconParser(HoconSource source, HoconParseContext context, IReadOnlyList<HoconPath> roots)
    {
        _source = source;
        _context = context;
        _roots = roots;
        _lexer = new HoconLexer(source);
        _token = _lexer.Next();
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
        return parser._mistake;
    }

    private bool ParseDocument(ObjectNode target)
    {
        SkipLines();
        if (_token.Kind != HoconTokenKind.OpenBrace)
        {
            return _token.Kind == HoconTokenKind.OpenBracket
                ? Fail("an object: a configuration is no array")
                : ParseFields(target, HoconPath.Root, HoconTokenKind.End, opened: null);
        }

        var opened = _token.Place;
        Advance();
        if (!ParseFields(target, HoconPath.Root, HoconTokenKind.CloseBrace, opened))
        {
            return false;
        }

        Advance();
        SkipLines();
        return _token.Kind == HoconTokenKind.End || Fail("nothing behind the '}' of the whole text");
    }

    /// <summary>Stays on the token that closes.</summary>
    /// <param name="at">Where the object lies in this file; null inside an array.</param>
    private bool ParseFields(ObjectNode target, HoconPath? at, HoconTokenKind close, HoconPlace? opened)
    {
        while (true)
        {
            SkipLines();
            if (_token.Kind == close)
            {
                return true;
            }

            if (_token is { Kind: HoconTokenKind.Unquoted, Text: "include" })
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
        var newLine = SkipLines();
        if (_token.Kind == HoconTokenKind.Comma)
        {
            Advance();
            return true;
        }

        if (newLine || _token.Kind == close)
        {
            return true;
        }

        return _token.Kind is HoconTokenKind.Colon or HoconTokenKind.Equal
            ? Fail($"a comma, a new line or {Closing(close, opened)}; a value that holds '{_token.Text}' goes into quotes")
            : Fail($"a comma, a new line or {Closing(close, opened)}");
    }

    private bool ParseField(ObjectNode target, HoconPath? at, HoconPlace? opened)
    {
        var elements = ParsePath($"a key or {Closing(opened is null ? HoconTokenKind.End : HoconTokenKind.CloseBrace, opened)}");
        if (elements is null)
        {
            return false;
        }

        SkipLines();
        var separator = _token.Kind;
        var separatorPlace = _token.Place;
        if (separator is HoconTokenKind.Equal or HoconTokenKind.Colon or HoconTokenKind.PlusEqual)
        {
            Advance();
            SkipLines();
        }
        else if (separator != HoconTokenKind.OpenBrace)
        {
            return Fail("'=', ':', '+=' or '{' behind a key");
        }

        if (!_context.Enter(elements.Count - 1, elements[0].Place, out _mistake))
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
                return Fail(separatorPlace, "'+=' inside an array element", "'=' and the whole array");
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
            if (_token.Kind == HoconTokenKind.Blank)
            {
                blank = _token;
                Advance();
                continue;
            }

            if (_token.Kind is not (HoconTokenKind.Unquoted or HoconTokenKind.Quoted or HoconTokenKind.OpenBrace or HoconTokenKind.OpenBracket
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
            Fail("a value");
            return null;
        }

        return HoconConcatenation.Join(parts, out _mistake);
    }

    private HoconNode? ParsePart(HoconPath? path)
    {
        var token = _token;
        switch (token.Kind)
        {
            case HoconTokenKind.Unquoted:
                Advance();
                return new ScalarNode(HoconText.Unquoted(token.Text, token.Place));
            case HoconTokenKind.Quoted:
                Advance();
                return new ScalarNode(new HoconString(token.Text, token.Place));
            case HoconTokenKind.OpenBrace or HoconTokenKind.OpenBracket:
                if (!_context.Enter(1, token.Place, out _mistake))
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
        var node = new ObjectNode(_token.Place);
        Advance();
        if (!ParseFields(node, path, HoconTokenKind.CloseBrace, node.Place))
        {
            return null;
        }

        Advance();
        return node;
    }

    private ArrayNode? ParseArray()
    {
        var opened = _token.Place;
        var items = new List<HoconNode>();
        Advance();
        SkipLines();
        while (_token.Kind != HoconTokenKind.CloseBracket)
        {
            if (_token.Kind == HoconTokenKind.End)
            {
                Fail($"a value or {Closing(HoconTokenKind.CloseBracket, opened)}");
                return null;
            }

            var item = ParseValue(path: null);
            if (item is null || !ParseSeparator(HoconTokenKind.CloseBracket, opened))
            {
                return null;
            }

            items.Add(item);
            SkipLines();
        }

        Advance();
        return new ArrayNode(items, opened);
    }

    private SubstitutionNode? ParseSubstitution()
    {
        var place = _token.Place;
        var optional = _token.Kind == HoconTokenKind.OpenOptionalSubstitution;
        Advance();
        var elements = ParsePath("the path of a key");
        if (elements is null)
        {
            return null;
        }

        if (_token.Kind != HoconTokenKind.CloseBrace)
        {
            Fail($"'}}' behind the path of the substitution at {place}");
            return null;
        }

        Advance();
        var path = PathOf(elements);
        HoconPath[] candidates = [.. _roots.Select(root => root.Append(path))];
        _context.Refer(candidates);
        return new SubstitutionNode(path, candidates, optional, place);
    }

    private List<(string Name, HoconPlace Place)>? ParsePath(string allowed)
    {
        var path = new HoconPathBuilder();
        while (_token.Kind is HoconTokenKind.Unquoted or HoconTokenKind.Quoted or HoconTokenKind.Blank)
        {
            path.Add(_token);
            Advance();
        }

        if (path.IsEmpty)
        {
            Fail(allowed);
            return null;
        }

        var elements = path.Build(out var emptyAt);
        if (elements is null)
        {
            Fail(emptyAt, "an empty element of a path", "text before, between and behind the dots; an empty element is written \"\"");
        }

        return elements;
    }

    private static HoconPath PathOf(List<(string Name, HoconPlace Place)> elements) => new([.. elements.Select(element => element.Name)]);

    private bool ParseInclude(ObjectNode target, HoconPath? at)
    {
        var place = _token.Place;
        if (at is null)
        {
            return Fail(place, "include inside an array element", "include as a field of an object");
        }

        Advance();
        SkipLines();
        var opening = "";
        for (; _token.Kind is HoconTokenKind.Unquoted or HoconTokenKind.Blank; Advance())
        {
            opening += _token.Text.Trim();
        }

        const string forms = "\"file\", file(\"file\"), required(\"file\") or required(file(\"file\")) behind include; a key of that name goes into quotes";
        var parentheses = opening switch { "" => 0, "file(" or "required(" => 1, "required(file(" => 2, _ => -1 };
        if (parentheses < 0)
        {
            return Fail(place, $"include {opening}…", forms);
        }

        var name = _token;
        if (name.Kind != HoconTokenKind.Quoted)
        {
            return Fail(forms);
        }

        Advance();
        var closing = "";
        while (closing.Length < parentheses && _token.Kind is HoconTokenKind.Unquoted or HoconTokenKind.Blank)
        {
            closing += _token.Text.Trim();
            Advance();
        }

        if (closing != new string(')', parentheses))
        {
            return Fail(name.Place, $"include {opening}{HoconText.Quote(name.Text)}{closing}", forms);
        }

        IReadOnlyList<HoconPath> roots = at.Elements.IsEmpty ? _roots : [_roots[0].Append(at), .. _roots];
        _mistake = _context.Include(target, _source, name, roots);
        return _mistake is null;
    }

    private static string Closing(HoconTokenKind close, HoconPlace? opened) => close switch
    {
        HoconTokenKind.CloseBrace => $"the '}}' for the '{{' at {opened}",
        HoconTokenKind.CloseBracket => $"the ']' for the '[' at {opened}",
        _ => "the end of the text",
    };

    private void Advance() => _token = _lexer.Next();

    /// <summary>True if at least one new line was passed.</summary>
    private bool SkipLines()
    {
        var newLine = false;
        while (_token.Kind is HoconTokenKind.Blank or HoconTokenKind.Newline)
        {
            newLine |= _token.Kind == HoconTokenKind.Newline;
            Advance();
        }

        return newLine;
    }

    /// <summary>The current token is not what may stand here.</summary>
    private bool Fail(string allowed) => _token.Kind == HoconTokenKind.Invalid
        ? Fail(_token.Place, _token.Text, _token.Allowed)
        : Fail(_token.Place, $"found {_token.Description}", allowed);

    private bool Fail(HoconPlace place, string problem, string? allowed)
    {
        _mistake = new ConfigurationMistake(place, null, null, problem, allowed);
        return false;
    }
}
