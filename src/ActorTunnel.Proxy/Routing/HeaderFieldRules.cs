using System.Collections.Frozen;

namespace ActorTunnel.Proxy.Routing;

/// <summary>Which literal fields may be configured on a CONNECT.</summary>
public static class HeaderFieldRules
{
    private const string TokenPunctuation = "!#$%&'*+-.^_`|~";

    // RFC 9113 §8.2.2. TE is among them: its one allowed value announces trailers, which a CONNECT has none of.
    private static readonly FrozenSet<string> ConnectionSpecific = FrozenSet.Create(
        StringComparer.Ordinal, "connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade");

    /// <summary>Null for a name that a configured field may have, else one short phrase.</summary>
    public static string? ProblemOfName(string name)
    {
        if (name.Length == 0)
        {
            return "the field name is empty";
        }

        if (name[0] == ':')
        {
            return "pseudo-header fields are set by the proxy";
        }

        if (name.Any(char.IsAsciiLetterUpper))
        {
            return "the field name must be in lower case (RFC 9113 §8.2)";
        }

        if (!name.All(IsTokenCharacter))
        {
            return "the field name holds a character that is no token character (RFC 9110 §5.6.2)";
        }

        if (ConnectionSpecific.Contains(name))
        {
            return "connection-specific fields have no place in HTTP/2 (RFC 9113 §8.2.2)";
        }

        return name switch
        {
            "host" => "the host is told by the authority",
            // RFC 9110 §9.3.6: a CONNECT has no content.
            "content-length" => "a CONNECT has no content",
            _ => null,
        };
    }

    /// <summary>Null for a value that a field may have, else one short phrase.</summary>
    public static string? ProblemOfValue(string value)
    {
        if (HasInvalidCharacter(value))
        {
            return "the field value holds a control character or one that is not ASCII";
        }

        return value.Length > 0 && (IsBlank(value[0]) || IsBlank(value[^1]))
            ? "the field value begins or ends with white space"
            : null;
    }

    /// <summary>RFC 9113 §8.2.1 forbids NUL, CR and LF; RFC 9110 §5.5 the other controls, and calls octets past ASCII obsolete.</summary>
    internal static bool HasInvalidCharacter(string value)
    {
        foreach (var c in value)
        {
            if (c is not '\t' and (< ' ' or > '~'))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsTokenCharacter(char c) =>
        char.IsAsciiLetterOrDigit(c) || TokenPunctuation.Contains(c, StringComparison.Ordinal);

    private static bool IsBlank(char c) => c is ' ' or '\t';
}
