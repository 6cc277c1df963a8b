using System.Diagnostics.CodeAnalysis;

namespace ActorTunnel.Proxy.Routing;

/// <summary>The name that a TLS client asks for, before anybody uses it: a host name of <see cref="Authority"/>'s shape and no address (RFC 6066 §3).</summary>
public static class RequestedServerName
{
    /// <param name="text">As the hello has it; a peer's.</param>
    /// <param name="name">In lower case.</param>
    /// <param name="problem">One short phrase that repeats nothing of <paramref name="text"/>.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out string? name, [NotNullWhen(false)] out string? problem)
    {
        if (!HostSyntax.TryParseHost(text, out name, out problem))
        {
            return false;
        }

        if (HostSyntax.IsDottedQuad(name))
        {
            name = null;
            problem = "a server name must not be an address";
            return false;
        }

        return true;
    }
}
