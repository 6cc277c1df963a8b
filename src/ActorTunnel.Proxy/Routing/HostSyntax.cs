using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Proxy.Routing;

/// <summary>
/// What a host and a port may look like in an authority and in a route. Every host has exactly one accepted normal form, so that no
/// rule can be passed by a second spelling of the same host: lower case, no trailing dot, four decimal octets, RFC 5952 for IPv6.
/// Problem texts never repeat the input, because it may come from a peer.
/// </summary>
internal static class HostSyntax
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> IPv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>A host name or a dotted quad; IPv6 goes through <see cref="TryParseIPv6"/>.</summary>
    public static bool TryParseHost(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out string? host, [NotNullWhen(false)] out string? problem)
    {
        host = null;
        problem = ProblemOfName(text);
        if (problem is not null)
        {
            return false;
        }

        // RFC 1123 §2.1: the last label of a name is never numeric. inet_aton, which resolvers ask first, reads such texts as
        // addresses in octal, hexadecimal and short forms; only the one form that all readers agree on is an address here.
        if (IsNumber(text[(text.LastIndexOf('.') + 1)..]) && !IsDottedQuad(text))
        {
            problem = "an IPv4 address must be four decimal octets without leading zeros";
            return false;
        }

        host = text.ToString().ToLowerInvariant();
        return true;
    }

    /// <summary>The text between the brackets of an IPv6 literal; gives it back in RFC 5952 form, without brackets.</summary>
    public static bool TryParseIPv6(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out string? host, [NotNullWhen(false)] out string? problem)
    {
        host = null;
        problem = null;
        if (text.Contains('%'))
        {
            // A zone names an interface of the sender, which says nothing here.
            problem = "an IPv6 zone id is not allowed";
            return false;
        }

        // The base library also takes a literal in brackets of its own, with a port behind them, and octets with leading zeros.
        var tail = text[(text.LastIndexOf(':') + 1)..];
        if (text.ContainsAnyExcept(IPv6Characters)
            || (tail.Contains('.') && !IsDottedQuad(tail))
            || !IPAddress.TryParse(text, out var address)
            || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            problem = "the text in brackets is no IPv6 address";
            return false;
        }

        host = address.ToString();
        return true;
    }

    /// <summary>1 to 65535 in decimal digits without leading zeros.</summary>
    public static bool TryParsePort(ReadOnlySpan<char> text, out int port, [NotNullWhen(false)] out string? problem)
    {
        port = 0;
        problem = null;
        if (text.IsEmpty)
        {
            problem = "the port is missing";
        }
        else if (text.ContainsAnyExceptInRange('0', '9'))
        {
            problem = "the port must be decimal digits";
        }
        else if (text[0] == '0')
        {
            problem = "the port must be 1 to 65535 without leading zeros";
        }
        else if (text.Length > 5 || !int.TryParse(text, CultureInfo.InvariantCulture, out port) || port > 65_535)
        {
            port = 0;
            problem = "the port must be 1 to 65535";
        }

        return problem is null;
    }

    /// <summary>Whether <paramref name="text"/> is four decimal octets without leading zeros.</summary>
    public static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        var octets = 0;
        foreach (var range in text.Split('.'))
        {
            var octet = text[range];
            octets++;
            if (octets > 4
                || octet.Length is 0 or > 3
                || octet.ContainsAnyExceptInRange('0', '9')
                || (octet.Length > 1 && octet[0] == '0')
                || int.Parse(octet, CultureInfo.InvariantCulture) > 255)
            {
                return false;
            }
        }

        return octets == 4;
    }

    private static string? ProblemOfName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
        {
            return "the host is empty";
        }

        if (name.Length > MaxNameLength)
        {
            return "the host is longer than 253 characters";
        }

        foreach (var range in name.Split('.'))
        {
            var label = name[range];
            if (label.IsEmpty)
            {
                return "the host has an empty label (a leading, doubled or trailing dot)";
            }

            if (label.Length > MaxLabelLength)
            {
                return "a label of the host is longer than 63 characters";
            }

            foreach (var c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return "the host holds a character other than letters, digits, '-' and '.'";
                }
            }

            if (label[0] == '-' || label[^1] == '-')
            {
                return "a label of the host begins or ends with '-'";
            }
        }

        return null;
    }

    private static bool IsNumber(ReadOnlySpan<char> label)
    {
        if (label.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return !label[2..].ContainsAnyExcept(HexDigits);
        }

        return !label.ContainsAnyExceptInRange('0', '9');
    }
}
