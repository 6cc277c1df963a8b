using System.Diagnostics.CodeAnalysis;

namespace ActorTunnel.Proxy.Routing;

/// <summary>What part of a host a <see cref="RoutePattern"/> looks at.</summary>
public enum RoutePatternKind
{
    /// <summary><c>*</c>: every host.</summary>
    Any,

    /// <summary><c>*.suffix</c>: every name with at least one label in front of the suffix; not the suffix itself.</summary>
    Suffix,

    /// <summary>One host.</summary>
    Exact,
}

/// <summary>
/// Which authorities a route is for: <c>*</c>, a host, or <c>*.suffix</c>, each with an optional <c>:port</c>. Two patterns are equal
/// when they match the same authorities.
/// </summary>
/// <param name="Kind">What is compared.</param>
/// <param name="Host">The host or the suffix without <c>*.</c>, in an <see cref="Authority"/>'s normal form; empty for <see cref="RoutePatternKind.Any"/>.</param>
/// <param name="Port">1 to 65535, or null for every port.</param>
public sealed record RoutePattern(RoutePatternKind Kind, string Host, int? Port)
{
    /// <summary>Reads a pattern as it stands in the configuration.</summary>
    /// <param name="text">As written.</param>
    /// <param name="pattern">In normal form.</param>
    /// <param name="problem">One short phrase.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out RoutePattern? pattern, [NotNullWhen(false)] out string? problem)
    {
        pattern = null;
        var hostLength = HostLength(text);
        int? port = null;
        if (hostLength < text.Length)
        {
            if (!HostSyntax.TryParsePort(text.AsSpan(hostLength + 1), out var number, out problem))
            {
                return false;
            }

            port = number;
        }

        return TryParseHost(text.AsSpan(0, hostLength), port, out pattern, out problem);
    }

    public override string ToString()
    {
        var host = Kind switch
        {
            RoutePatternKind.Any => "*",
            RoutePatternKind.Suffix => $"*.{Host}",
            _ => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host,
        };
        return Port is { } port ? $"{host}:{port}" : host;
    }

    /// <summary>Where the host ends: at the colon behind it, if there is one.</summary>
    private static int HostLength(string text)
    {
        var from = text.StartsWith('[') ? Math.Max(text.IndexOf(']', StringComparison.Ordinal), 0) : 0;
        var colon = text.IndexOf(':', from);
        return colon < 0 ? text.Length : colon;
    }

    private static bool TryParseHost(
        ReadOnlySpan<char> text, int? port, [NotNullWhen(true)] out RoutePattern? pattern, [NotNullWhen(false)] out string? problem)
    {
        pattern = null;
        string? host;
        if (text is "*")
        {
            problem = null;
            pattern = new RoutePattern(RoutePatternKind.Any, "", port);
            return true;
        }

        if (text.StartsWith("*."))
        {
            if (!HostSyntax.TryParseHost(text[2..], out host, out problem))
            {
                return false;
            }

            if (HostSyntax.IsDottedQuad(host))
            {
                problem = "a suffix must be of a host name, not of an address";
                return false;
            }

            pattern = new RoutePattern(RoutePatternKind.Suffix, host, port);
            return true;
        }

        if (text.Contains('*'))
        {
            problem = "'*' stands alone or as the whole first label";
            return false;
        }

        var parsed = text is ['[', .. var literal, ']']
            ? HostSyntax.TryParseIPv6(literal, out host, out problem)
            : HostSyntax.TryParseHost(text, out host, out problem);
        if (parsed)
        {
            pattern = new RoutePattern(RoutePatternKind.Exact, host!, port);
        }

        return parsed;
    }
}
