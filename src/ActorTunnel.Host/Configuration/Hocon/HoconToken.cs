namespace ActorTunnel.Host.Configuration.Hocon;

internal enum HoconTokenKind
{
    End,
    Newline,

    /// <summary>White space within a line; its text counts in a concatenation.</summary>
    Blank,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Colon,
    Equal,
    PlusEqual,

    /// <summary><c>${</c></summary>
    OpenSubstitution,

    /// <summary><c>${?</c></summary>
    OpenOptionalSubstitution,
    Unquoted,

    /// <summary>A string in one or three quotes.</summary>
    Quoted,

    /// <summary>Something that no token begins with; the text says what.</summary>
    Invalid,
}

/// <param name="Kind">What it is.</param>
/// <param name="Text">The content: without quotes and with escapes resolved for a quoted string, the problem for an invalid token.</param>
/// <param name="Place">Where it begins.</param>
/// <param name="Allowed">For an invalid token, what could have stood there.</param>
internal readonly record struct HoconToken(HoconTokenKind Kind, string Text, HoconPlace Place, string? Allowed = null)
{
    /// <summary>What a message says was found.</summary>
    internal string Description => Kind switch
    {
        HoconTokenKind.End => "the end of the text",
        HoconTokenKind.Newline => "the end of the line",
        HoconTokenKind.Blank => "white space",
        HoconTokenKind.Unquoted => $"'{Shorten(Text)}'",
        HoconTokenKind.Quoted => $"the string {HoconText.Quote(Shorten(Text))}",
        _ => $"'{Text}'",
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : string.Concat(text.AsSpan(0, 40), "…");
}
