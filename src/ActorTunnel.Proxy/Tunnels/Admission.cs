using System.Diagnostics.CodeAnalysis;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Proxy.Routing;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>
/// What is decided on a CONNECT before anything is dialled: 1. the method, 2. the authority's shape, 3. the Host field, 4. the route.
/// </summary>
internal static class Admission
{
    /// <summary>Where the request goes, or why it goes nowhere.</summary>
    /// <param name="fields">The request; its shape was checked by the session (RFC 9113 §8.5).</param>
    /// <param name="routes">The listener's.</param>
    /// <param name="upstream">The name of the upstream.</param>
    /// <param name="failure">The answer.</param>
    public static bool TryAdmit(
        IReadOnlyList<HeaderField> fields,
        RouteTable routes,
        [NotNullWhen(true)] out string? upstream,
        [NotNullWhen(false)] out ConnectFailure? failure)
    {
        upstream = null;
        if (Find(fields, ":method") != "CONNECT")
        {
            failure = ConnectFailure.MethodNotAllowed;
            return false;
        }

        if (!Authority.TryParse(AuthorityOf(fields) ?? "", out var authority, out var problem))
        {
            failure = ConnectFailure.BadAuthority(problem);
            return false;
        }

        if (Find(fields, "host") is { } host && (!Authority.TryParse(host, out var named, out _) || named != authority))
        {
            failure = ConnectFailure.BadAuthority("the host field differs from the authority");
            return false;
        }

        failure = routes.TryMatch(authority, out upstream) ? null : ConnectFailure.NoRoute;
        return failure is null;
    }

    /// <summary>The authority as it was sent, or null.</summary>
    public static string? AuthorityOf(IReadOnlyList<HeaderField> fields) => Find(fields, ":authority");

    private static string? Find(IReadOnlyList<HeaderField> fields, string name)
    {
        foreach (var field in fields)
        {
            if (field.Name == name)
            {
                return field.Value;
            }
        }

        return null;
    }
}
