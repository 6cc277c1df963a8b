using System.Globalization;
using System.Text;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>
/// Cuts a text into tokens, one at a time. Comments yield no token; the newline behind them does.
/// An invalid token does not move the lexer: the parser stops there.
/// </summary>
internal sealed class HoconLexer(HoconSource source)
{
    private const string Forbidden = "$\"{}[]:=,+#`^?!@*&\\";

    private readonly string _text = source.Text;
    private int _at = source.Text.StartsWith('\uFEFF') ? 1 : 0;
    private int _line = 1;
    private int _lineStart;

    private HoconPlace Here => source.PlaceOf(_line, _at - _lineStart + 1);

    internal HoconToken Next()
    {
        SkipComment();
        if (_at == _text.Length)
        {
            return new HoconToken(HoconTokenKind.End, "", Here);
        }

        return _text[_at] switch
        {
            '\n' => Newline(),
            var c when IsBlank(c) => Blank(),
            '{' => Symbol(HoconTokenKind.OpenBrace, 1),
            '}' => Symbol(HoconTokenKind.CloseBrace, 1),
            '[' => Symbol(HoconTokenKind.OpenBracket, 1),
            ']' => Symbol(HoconTokenKind.CloseBracket, 1),
            ',' => Symbol(HoconTokenKind.Comma, 1),
            ':' => Symbol(HoconTokenKind.Colon, 1),
            '=' => Symbol(HoconTokenKind.Equal, 1),
            '+' when LooksAt("+=") => Symbol(HoconTokenKind.PlusEqual, 2),
            '$' when LooksAt("${?") => Symbol(HoconTokenKind.OpenOptionalSubstitution, 3),
            '$' when LooksAt("${") => Symbol(HoconTokenKind.OpenSubstitution, 2),
            '"' when LooksAt("\"\"\"") => TripleQuoted(),
            '"' => Quoted(),
            var c when Forbidden.Contains(c, StringComparison.Ordinal) =>
                Invalid(Here, $"found '{c}'", "this character only in quotes"),
            _ => Unquoted(),
        };
    }

    private static bool IsBlank(char c) => c != '\n' && (char.IsWhiteSpace(c) || c is '\uFEFF' or (>= '\u001C' and <= '\u001F'));

    private bool LooksAt(string symbol) => string.CompareOrdinal(_text, _at, symbol, 0, symbol.Length) == 0;

    private static HoconToken Invalid(HoconPlace place, string problem, string? allowed) =>
        new(HoconTokenKind.Invalid, problem, place, allowed);

    private void SkipComment()
    {
        if (_at < _text.Length && (_text[_at] == '#' || LooksAt("//")))
        {
            var end = _text.IndexOf('\n', _at);
            _at = end < 0 ? _text.Length : end;
        }
    }

    private HoconToken Symbol(HoconTokenKind kind, int length)
    {
        var token = new HoconToken(kind, _text.Substring(_at, length), Here);
        _at += length;
        return token;
    }

    private HoconToken Newline()
    {
        var token = Symbol(HoconTokenKind.Newline, 1);
        _line++;
        _lineStart = _at;
        return token;
    }

    private HoconToken Blank()
    {
        var end = _at + 1;
        while (end < _text.Length && IsBlank(_text[end]))
        {
            end++;
        }

        return Symbol(HoconTokenKind.Blank, end - _at);
    }

    private HoconToken Unquoted()
    {
        var end = _at;
        while (end < _text.Length && !EndsUnquoted(end))
        {
            end++;
        }

        return Symbol(HoconTokenKind.Unquoted, end - _at);
    }

    private bool EndsUnquoted(int at)
    {
        var c = _text[at];
        if (c == '+')
        {
            // Forbidden in a text, but 1e+5 is a number of JSON.
            var next = at + 1;
            return !(next < _text.Length
                && char.IsAsciiDigit(_text[next])
                && _text[at - 1] is 'e' or 'E'
                && HoconText.IsNumber(_text.AsSpan(_at, at - 1 - _at)));
        }

        return c == '\n'
            || IsBlank(c)
            || Forbidden.Contains(c, StringComparison.Ordinal)
            || (c == '/' && at + 1 < _text.Length && _text[at + 1] == '/');
    }

    private HoconToken TripleQuoted()
    {
        var place = Here;
        var start = _at + 3;
        var end = _text.IndexOf("\"\"\"", start, StringComparison.Ordinal);
        if (end < 0)
        {
            return Invalid(place, "this string in three quotes does not end", "the text and then \"\"\"");
        }

        // Of more than three quotes the last three end the string, the others belong to it.
        while (end + 3 < _text.Length && _text[end + 3] == '"')
        {
            end++;
        }

        var content = _text[start..end];
        var lastNewline = content.LastIndexOf('\n');
        if (lastNewline >= 0)
        {
            _line += content.Count(c => c == '\n');
            _lineStart = start + lastNewline + 1;
        }

        _at = end + 3;
        return new HoconToken(HoconTokenKind.Quoted, content, place);
    }

    private HoconToken Quoted()
    {
        var place = Here;
        var content = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != '"'; _at++)
        {
            var c = _text[_at];
            if (c == '\n')
            {
                break;
            }

            if (char.IsControl(c) && c < ' ')
            {
                return Invalid(Here, $"a string holds the control character U+{(int)c:X4}", "an escape such as \\t, or a string in three quotes");
            }

            if (c != '\\')
            {
                content.Append(c);
            }
            else if (!TryEscape(content))
            {
                return Invalid(Here, "an escape that JSON does not know", "\\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hexadecimal digits");
            }
        }

        if (_at == _text.Length || _text[_at] == '\n')
        {
            return Invalid(place, "this string does not end on its line", "a closing quote; a text of several lines goes into three quotes");
        }

        _at++;
        return new HoconToken(HoconTokenKind.Quoted, content.ToString(), place);
    }

    /// <summary>Reads the escape at the backslash and stays on its last character.</summary>
    private bool TryEscape(StringBuilder content)
    {
        var letter = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        if (letter == 'u')
        {
            if (_at + 5 >= _text.Length
                || !ushort.TryParse(_text.AsSpan(_at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                return false;
            }

            content.Append((char)unit);
            _at += 5;
            return true;
        }

        const string letters = "\"\\/bfnrt";
        const string meanings = "\"\\/\b\f\n\r\t";
        var index = letters.IndexOf(letter, StringComparison.Ordinal);
        if (index < 0)
        {
            return false;
        }

        content.Append(meanings[index]);
        _at++;
        return true;
    }
}
