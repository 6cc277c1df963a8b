using System.Text;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>The string item of structured fields (RFC 8941 §3.3.3).</summary>
internal static class StructuredString
{
    /// <summary>Longer texts are cut; a detail is a phrase, and a field has to stay small.</summary>
    public const int MaxLength = 128;

    /// <summary>
    /// <paramref name="text"/> in quotes. The type holds printable ASCII only; every other character becomes <c>?</c>.
    /// </summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\');
            }

            quoted.Append(c is < ' ' or > '~' ? '?' : c);
        }

        return quoted.Append('"').ToString();
    }
}
