using System.Globalization;
using System.Text;

namespace ActorTunnel.Host.Configuration.Hocon;

/// <summary>How keys and texts are written and recognised.</summary>
internal static class HoconText
{
    /// <summary>A key, in quotes only where it needs them.</summary>
    internal static string Key(string name) =>
        name.Length > 0 && name != "include" && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? name
            : Quote(name);

    /// <summary>A text, in quotes unless it reads back as the same text without.</summary>
    internal static string Value(string text)
    {
        var plain = text.Length > 0
            && char.IsAsciiLetterOrDigit(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            && text is not ("true" or "false" or "null")
            && !IsNumber(text);
        return plain ? text : Quote(text);
    }

    /// <summary>A JSON string.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ when char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' =>
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>The value that an unquoted text stands for.</summary>
    internal static HoconScalar Unquoted(string text, HoconPlace place) => text switch
    {
        "true" => new HoconBoolean(true, place),
        "false" => new HoconBoolean(false, place),
        "null" => new HoconNull(place),
        _ when IsNumber(text) => new HoconNumber(text, place),
        _ => new HoconString(text, place),
    };

    /// <summary>The number grammar of JSON (RFC 8259 §6).</summary>
    internal static bool IsNumber(ReadOnlySpan<char> text)
    {
        var i = 0;
        if (i < text.Length && text[i] == '-')
        {
            i++;
        }

        var whole = Digits(text, ref i);
        if (whole == 0 || (whole > 1 && text[i - whole] == '0'))
        {
            return false;
        }

        if (i < text.Length && text[i] == '.')
        {
            i++;
            if (Digits(text, ref i) == 0)
            {
                return false;
            }
        }

        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            if (i < text.Length && text[i] is '+' or '-')
            {
                i++;
            }

            if (Digits(text, ref i) == 0)
            {
                return false;
            }
        }

        return i == text.Length;
    }

    private static int Digits(ReadOnlySpan<char> text, ref int i)
    {
        var start = i;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
        {
            i++;
        }

        return i - start;
    }
}
