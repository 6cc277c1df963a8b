using System.Text.RegularExpressions;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Admin;

/// <summary>
/// Hides what looks like a secret in a configuration: the values of keys that are called like one, and passwords inside of addresses and connection
/// strings. Paths of private keys are shown: whoever can read the file does not learn them here.
/// </summary>
internal static partial class SecretMask
{
    private const string Mask = "***";

    // Compared without hyphens, underscores and dots.
    private static readonly string[] SecretWords =
        ["password", "passwd", "passphrase", "pwd", "secret", "credential", "apikey", "accesskey", "authorization", "cookie", "connectionstring"];

    public static HoconObject Of(HoconObject node) => new(
        node.Fields.Select(field => field with { Value = IsSecret(field.Name) ? Hide(field.Value) : Of(field.Value) }), node.Place);

    private static HoconValue Of(HoconValue value) => value switch
    {
        HoconObject node => Of(node),
        HoconArray array => new HoconArray([.. array.Items.Select(Of)], array.Place),
        HoconString text => new HoconString(Embedded().Replace(text.Text, match => match.Groups[1].Value + match.Groups[2].Value + Mask), text.Place),
        _ => value,
    };

    /// <summary>Not even how many there are.</summary>
    private static HoconValue Hide(HoconValue value) => value is HoconNull ? value : new HoconString(Mask, value.Place);

    private static bool IsSecret(string key)
    {
        var plain = key.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal);
        return Array.Exists(SecretWords, word => plain.Contains(word, StringComparison.OrdinalIgnoreCase))
            || plain.EndsWith("token", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary><c>Password=…;</c> and <c>//user:…@</c>; what is kept of it is in a group.</summary>
    [GeneratedRegex("""((?:password|pwd)\s*=\s*)[^;]+|(//[^/:@\s]+:)[^/@\s]+(?=@)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Embedded();
}
