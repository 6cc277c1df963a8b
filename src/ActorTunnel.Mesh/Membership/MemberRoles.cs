using System.Collections.Immutable;
using System.Globalization;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh.Membership;

/// <summary>
/// What never changes about a member while it is one, carried by its Akka.Cluster roles: names (<c>terminator</c>), and facts (<c>zone=eu-1</c>). They reach each member
/// with the membership itself, so no member is ever known without them.
/// </summary>
/// <param name="Name">The node's name; null where the member did not say.</param>
/// <param name="Zone">Or null.</param>
/// <param name="TunnelAddress">Where it takes tunnels; null: it takes none.</param>
/// <param name="Roles">Those that are no facts: <c>terminator</c>, <c>encapsulator</c>, then the others by name.</param>
internal sealed record MemberRoles(string? Name, string? Zone, EndpointAddress? TunnelAddress, ImmutableArray<string> Roles)
{
    /// <summary>Of members that take tunnels; the split-brain resolver counts these.</summary>
    public const string Terminator = "terminator";

    /// <summary>Of members that send tunnels into the mesh.</summary>
    public const string Encapsulator = "encapsulator";

    private const string NameFact = "name=";
    private const string ZoneFact = "zone=";
    private const string TunnelFact = "tunnel=";

    /// <summary>Those of this node.</summary>
    public static MemberRoles Of(MeshSettings settings, MeshIdentity identity)
    {
        var roles = settings.Roles.AsEnumerable();
        roles = identity.IsEncapsulator ? roles.Append(Encapsulator) : roles;
        roles = identity.TunnelAddress is null ? roles : roles.Append(Terminator);
        return new MemberRoles(settings.NodeName, settings.Zone, identity.TunnelAddress, Sorted(roles));
    }

    /// <summary>What a member's roles say. Facts that are unknown or cannot be read are left out: the member may be of another version.</summary>
    public static MemberRoles Parse(IEnumerable<string> roles)
    {
        string? name = null;
        string? zone = null;
        EndpointAddress? tunnel = null;
        var names = new List<string>();
        foreach (var role in roles)
        {
            if (Fact(role, NameFact) is { } nameSaid)
            {
                name = nameSaid;
            }
            else if (Fact(role, ZoneFact) is { } zoneSaid)
            {
                zone = zoneSaid;
            }
            else if (Fact(role, TunnelFact) is { } tunnelSaid)
            {
                tunnel = ParseAddress(tunnelSaid);
            }
            else if (!role.Contains('=', StringComparison.Ordinal))
            {
                names.Add(role);
            }
        }

        return new MemberRoles(name, zone, tunnel, Sorted(names));
    }

    /// <summary>The roles that say it.</summary>
    public ImmutableArray<string> Format()
    {
        var roles = Roles.ToBuilder();
        AddFact(NameFact, Name);
        AddFact(ZoneFact, Zone);
        AddFact(TunnelFact, TunnelAddress?.ToString());
        return roles.ToImmutable();

        void AddFact(string fact, string? value)
        {
            if (value is not null)
            {
                roles.Add(fact + value);
            }
        }
    }

    private static string? Fact(string role, string fact) =>
        role.Length > fact.Length && role.StartsWith(fact, StringComparison.Ordinal) ? role[fact.Length..] : null;

    private static EndpointAddress? ParseAddress(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > ushort.MaxValue)
        {
            return null;
        }

        var host = text[..colon];
        var isBracketed = host is ['[', .., ']'];
        host = isBracketed ? host[1..^1] : host;
        return host.Length == 0 || host.Contains(':', StringComparison.Ordinal) != isBracketed ? null : new EndpointAddress(host, port);
    }

    private static ImmutableArray<string> Sorted(IEnumerable<string> roles) =>
        [.. roles.Distinct().OrderBy(Rank).ThenBy(role => role, StringComparer.Ordinal)];

    private static int Rank(string role) => role switch
    {
        Terminator => 0,
        Encapsulator => 1,
        _ => 2,
    };
}
