using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Proxy.Routing;

/// <summary>Why a list of routes makes no table.</summary>
/// <param name="Index">Position of the guilty route in the list, from 0.</param>
/// <param name="Route">The route as configured.</param>
public abstract record RouteMistake(int Index, RouteSettings Route)
{
    /// <summary>The pattern cannot be read.</summary>
    public sealed record BadPattern(int Index, RouteSettings Route, string Problem) : RouteMistake(Index, Route);

    /// <summary>An earlier route, at <paramref name="FirstIndex"/>, matches the same authorities.</summary>
    public sealed record Duplicate(int Index, RouteSettings Route, int FirstIndex) : RouteMistake(Index, Route);
}

/// <summary>
/// Which upstream an authority goes to. Immutable. The order of the routes does not matter; the most specific one wins, and the host
/// counts before the port: a host with its port, a host, the longest suffix with its port, that suffix, the next shorter one …, <c>*:port</c>, <c>*</c>.
/// </summary>
public sealed class RouteTable
{
    private const int AnyPort = 0;

    private readonly FrozenDictionary<(RoutePatternKind Kind, string Host, int Port), string> _upstreams;
    private readonly bool _hasSuffixes;

    private RouteTable(Dictionary<RoutePattern, (int Index, string Upstream)> routes)
    {
        _upstreams = routes.ToFrozenDictionary(
            route => (route.Key.Kind, route.Key.Host, route.Key.Port ?? AnyPort), route => route.Value.Upstream);
        _hasSuffixes = routes.Keys.Any(pattern => pattern.Kind == RoutePatternKind.Suffix);
    }

    /// <summary>Builds the table, or tells every mistake in the list.</summary>
    public static bool TryCreate(
        IEnumerable<RouteSettings> routes, [NotNullWhen(true)] out RouteTable? table, out ImmutableArray<RouteMistake> mistakes)
    {
        var found = ImmutableArray.CreateBuilder<RouteMistake>();
        var patterns = new Dictionary<RoutePattern, (int Index, string Upstream)>();
        foreach (var (index, route) in routes.Index())
        {
            if (!RoutePattern.TryParse(route.Pattern, out var pattern, out var problem))
            {
                found.Add(new RouteMistake.BadPattern(index, route, problem));
            }
            else if (!patterns.TryAdd(pattern, (index, route.Upstream)))
            {
                found.Add(new RouteMistake.Duplicate(index, route, patterns[pattern].Index));
            }
        }

        mistakes = found.ToImmutable();
        table = mistakes.IsEmpty ? new RouteTable(patterns) : null;
        return table is not null;
    }

    /// <summary>The upstream of the most specific route, or false where no route matches.</summary>
    public bool TryMatch(Authority authority, [NotNullWhen(true)] out string? upstream) =>
        TryMatch(RoutePatternKind.Exact, authority.Host, authority.Port, out upstream)
        || TryMatchSuffix(authority, out upstream)
        || TryMatch(RoutePatternKind.Any, "", authority.Port, out upstream);

    private bool TryMatchSuffix(Authority authority, [NotNullWhen(true)] out string? upstream)
    {
        upstream = null;
        if (!_hasSuffixes)
        {
            return false;
        }

        // From the left, so the longest suffix comes first. An address never matches: no suffix ends in a number.
        for (var dot = authority.Host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = authority.Host.IndexOf('.', dot + 1))
        {
            if (TryMatch(RoutePatternKind.Suffix, authority.Host[(dot + 1)..], authority.Port, out upstream))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryMatch(RoutePatternKind kind, string host, int port, [NotNullWhen(true)] out string? upstream) =>
        _upstreams.TryGetValue((kind, host, port), out upstream) || _upstreams.TryGetValue((kind, host, AnyPort), out upstream);
}
