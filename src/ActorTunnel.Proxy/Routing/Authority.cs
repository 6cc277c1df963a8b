using System.Diagnostics.CodeAnalysis;

namespace ActorTunnel.Proxy.Routing;

/// <summary>
/// Host and port of a CONNECT (RFC 9113 §8.5). The host is in lower case and without brackets.
/// </summary>
public sealed record Authority(string Host, int Port)
{
    /// <summary>
    /// Reads <c>host:port</c>, both required: a host name of RFC 1123's shape, a dotted quad, or an IPv6 literal in brackets; then a port
    /// from 1 to 65535. A trailing dot is refused: the name has one spelling, so that routes and rules see the same name as the resolver.
    /// </summary>
    /// <param name="text">As the peer or the configuration has it.</param>
    /// <param name="authority">In normal form: lower case, IPv6 as in RFC 5952.</param>
    /// <param name="problem">One short phrase that repeats nothing of <paramref name="text"/>, fit for a response to the peer.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out Authority? authority, [NotNullWhen(false)] out string? problem)
    {
        authority = null;
        if (text.Contains('@', StringComparison.Ordinal))
        {
            problem = "userinfo is not allowed";
            return false;
        }

        string? host;
        int portAt;
        if (text.StartsWith('['))
        {
            var close = text.IndexOf(']', StringComparison.Ordinal);
            if (close < 0)
            {
                problem = "the closing bracket is missing";
                return false;
            }

            if (!HostSyntax.TryParseIPv6(text.AsSpan(1, close - 1), out host, out problem))
            {
                return false;
            }

            portAt = close + 1;
            if (portAt == text.Length || text[portAt] != ':')
            {
                problem = "a port must follow the closing bracket";
                return false;
            }
        }
        else
        {
            portAt = text.IndexOf(':', StringComparison.Ordinal);
            if (portAt < 0)
            {
                problem = "the port is missing";
                return false;
            }

            if (text.IndexOf(':', portAt + 1) >= 0)
            {
                problem = "more than one ':' (an IPv6 address must stand in brackets)";
                return false;
            }

            if (!HostSyntax.TryParseHost(text.AsSpan(0, portAt), out host, out problem))
            {
                return false;
            }
        }

        if (!HostSyntax.TryParsePort(text.AsSpan(portAt + 1), out var port, out problem))
        {
            return false;
        }

        authority = new Authority(host, port);
        return true;
    }

    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
