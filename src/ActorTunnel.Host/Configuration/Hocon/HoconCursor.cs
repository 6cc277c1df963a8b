namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>The parser's place in a text: one token, the way forward, and the first mistake.</summary>
internal sealed class HoconCursor
{
    private const string IncludeForms =
        "\"file\", file(\"file\"), required(\"file\") or required(file(\"file\")) behind include; a key of that name goes into quotes";

    private readonly HoconLexer _lexer;

    internal HoconCursor(HoconSource source)
    {
        _lexer = new HoconLexer(source);
        Token = _lexer.Next();
    }

    internal HoconToken Token { get; private set; }

    internal HoconTokenKind Kind => Token.Kind;

    /// <summary>The first mistake; after it nothing more is read.</summary>
    internal ConfigurationMistake? Mistake { get; private set; }

    internal void Advance() => Token = _lexer.Next();

    /// <summary>True if at least one new line was passed.</summary>
    internal bool SkipLines()
    {
        var newLine = false;
        while (Kind is HoconTokenKind.Blank or HoconTokenKind.Newline)
        {
            newLine |= Kind == HoconTokenKind.Newline;
            Advance();
        }

        return newLine;
    }

    /// <summary>The current token is not what may stand here. Always false, as an answer to pass on.</summary>
    internal bool Fail(string allowed) => Token.Kind == HoconTokenKind.Invalid
        ? Fail(Token.Place, Token.Text, Token.Allowed)
        : Fail(Token.Place, $"found {Token.Description}", allowed);

    internal bool Fail(HoconPlace place, string problem, string? allowed) =>
        Fail(new ConfigurationMistake(place, null, null, problem, allowed));

    internal bool Fail(ConfigurationMistake mistake)
    {
        Mistake = mistake;
        return false;
    }

    /// <summary>The elements of a path expression, at least one; null after a mistake.</summary>
    /// <param name="allowed">What may stand here, where nothing of a path does.</param>
    internal List<(string Name, HoconPlace Place)>? ReadPath(string allowed)
    {
        var path = new HoconPathBuilder();
        while (Kind is HoconTokenKind.Unquoted or HoconTokenKind.Quoted or HoconTokenKind.Blank)
        {
            path.Add(Token);
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

    /// <summary>What follows the word <c>include</c>: the string with the file's name; null after a mistake.</summary>
    internal HoconToken? ReadIncludeName()
    {
        var place = Token.Place;
        Advance();
        SkipLines();
        var opening = "";
        for (; opening.Length <= "required(file(".Length && Kind is HoconTokenKind.Unquoted or HoconTokenKind.Blank; Advance())
        {
            opening += Token.Text.Trim();
        }

        var parentheses = opening switch { "" => 0, "file(" or "required(" => 1, "required(file(" => 2, _ => -1 };
        if (parentheses < 0)
        {
            Fail(place, $"include {opening}…", IncludeForms);
            return null;
        }

        var name = Token;
        if (name.Kind != HoconTokenKind.Quoted)
        {
            Fail(IncludeForms);
            return null;
        }

        Advance();
        var closing = "";
        while (closing.Length < parentheses && Kind is HoconTokenKind.Unquoted or HoconTokenKind.Blank)
        {
            closing += Token.Text.Trim();
            Advance();
        }

        if (closing != new string(')', parentheses))
        {
            Fail(name.Place, $"include {opening}{HoconText.Quote(name.Text)}{closing}", IncludeForms);
            return null;
        }

        return name;
    }
}
