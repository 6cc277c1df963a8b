using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace ActorTunnel.Host.Demo;

/// <summary>
/// A line of <c>key=value</c> pairs, as the access log and the session log have them: one blank between, a value plain or in quotes with
/// <c>\"</c>, <c>\\</c> and <c>\uXXXX</c>, and <c>-</c> for none.
/// </summary>
internal sealed class LogFields
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);

    private LogFields()
    {
    }

    /// <summary>The value, or null where it is <c>-</c> or the key is missing.</summary>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>The value as a whole number, or null where it is none.</summary>
    public long? Number(string key) =>
        long.TryParse(this[key], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>False for a text that is no such line; no part of it is taken then.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LogFields? fields)
    {
        fields = null;
        var parsed = new LogFields();
        var rest = text.AsSpan();
        while (true)
        {
            var equals = rest.IndexOf('=');
            if (equals <= 0 || rest[..equals].Contains(' '))
            {
                return false;
            }

            var key = rest[..equals].ToString();
            rest = rest[(equals + 1)..];
            if (!TryTakeValue(ref rest, out var value) || !parsed._values.TryAdd(key, value))
            {
                return false;
            }

            if (rest.IsEmpty)
            {
                fields = parsed;
                return true;
            }

            if (rest[0] != ' ')
            {
                return false;
            }

            rest = rest[1..];
        }
    }

    private static bool TryTakeValue(ref ReadOnlySpan<char> rest, out string? value)
    {
        if (rest is ['"', ..])
        {
            rest = rest[1..];
            return TryTakeQuoted(ref rest, out value);
        }

        var blank = rest.IndexOf(' ');
        var plain = blank < 0 ? rest : rest[..blank];
        rest = rest[plain.Length..];
        value = plain is "-" ? null : plain.ToString();
        return !plain.IsEmpty && !plain.ContainsAny('"', '\\', '=');
    }

    /// <param name="rest">Behind the opening quote; afterwards behind the closing one.</param>
    /// <param name="value">Without its escapes.</param>
    private static bool TryTakeQuoted(ref ReadOnlySpan<char> rest, out string? value)
    {
        var text = new StringBuilder();
        value = null;
        while (!rest.IsEmpty)
        {
            switch (rest)
            {
                case ['"', ..]:
                    rest = rest[1..];
                    value = text.ToString();
                    return true;
                case ['\\', '"' or '\\', ..]:
                    text.Append(rest[1]);
                    rest = rest[2..];
                    break;
                case ['\\', 'u', _, _, _, _, ..]
                    when ushort.TryParse(rest[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                    text.Append((char)unit);
                    rest = rest[6..];
                    break;
                case ['\\', ..]:
                    return false;
                default:
                    text.Append(rest[0]);
                    rest = rest[1..];
                    break;
            }
        }

        return false;
    }
}
