using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Mesh;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads <c>mesh</c> in two steps, since upstreams ask for its zone, and where it takes tunnels is a question to the listeners.</summary>
/// <param name="tls">Loads certificates.</param>
internal sealed class MeshReader(TlsReader tls)
{
    private static readonly ImmutableArray<string> OwnRoles = ["terminator", "encapsulator"];

    private static readonly ValueKind<string> Role = ValueKind.Name with
    {
        Allowed = $"{ValueKind.Name.Allowed}; {string.Join(" and ", OwnRoles)} go without saying",
        Parse = ParseRole,
    };

    private static readonly IPEndPoint NoBind = new(IPAddress.Loopback, 0);

    private SectionReader? _mesh;
    private SectionReader? _tunnel;
    private string? _listener;
    private EndpointAddress? _advertise;

    /// <summary>The first step. Null where the node is in no mesh.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="section">The whole node.</param>
    internal MeshSettings? Read(string node, SectionReader section) => section.Section("mesh", mesh =>
    {
        // One that cannot be read stands for a mesh all the same, so that the rest is still checked.
        var bind = mesh.Optional("bind", ValueKind.Bind) ?? (mesh.IsWrong("bind") ? NoBind : null);
        if (bind is null)
        {
            mesh.Refuse("needs mesh.bind, without which the node is in no mesh", "advertise", "seeds", "zone", "roles", "tunnel", "backoff", "tls");
            return null;
        }

        _mesh = mesh;
        mesh.Section("tunnel", ReadTunnel);
        var (minBackoff, maxBackoff) = mesh.Section("backoff", BackoffReader.Read);
        var settings = new MeshSettings
        {
            NodeName = node,
            Bind = bind,
            Advertise = mesh.Optional("advertise", ValueKind.Advertised),
            Seeds = mesh.List("seeds", ValueKind.Endpoint),
            Zone = mesh.Optional("zone", ValueKind.Name),
            Roles = mesh.List("roles", Role),
            MinBackoff = minBackoff,
            MaxBackoff = maxBackoff,
            Tls = mesh.OptionalSection("tls", part => tls.ReadMesh(node, part)),
        };

        if (settings.Advertise is null && ValueKind.IsWildcard(bind.Address) && !mesh.IsWrong("advertise"))
        {
            mesh.Missing("advertise", $"{ValueKind.Advertised.Allowed}: nobody can dial {bind}");
        }

        if (!mesh.IsGiven("tls") && !IPAddress.IsLoopback(bind.Address))
        {
            mesh.Warn("tls", "is absent: members speak in cleartext, and whoever connects is believed to be one");
        }

        return settings;
    });

    /// <summary>The second step.</summary>
    /// <param name="settings">Of the first.</param>
    /// <param name="listeners">All of them.</param>
    internal MeshConfiguration? Complete(MeshSettings? settings, ImmutableArray<ListenerSettings> listeners)
    {
        if (settings is null || _mesh is not { } mesh || _tunnel is not { } section)
        {
            return null;
        }

        // Port 0 is a free one, another for each.
        if (settings.Bind.Port != 0 && listeners.FirstOrDefault(other => other.Bind.Equals(settings.Bind)) is { } taken)
        {
            mesh.Mistake("bind", $"listener '{taken.Name}' is bound there already", "another address or port");
        }

        var takers = listeners.OfType<ConnectListenerSettings>().ToList();
        var names = string.Join(", ", takers.Select(taker => taker.Name));
        if (_listener is not null && !takers.Exists(taker => taker.Name == _listener))
        {
            var allowed = takers.Count == 0 ? "a listener with connect; there is none" : $"a listener with connect: {names}";
            section.Mistake("listener", $"there is no such listener{Suggestion.DidYouMean(_listener, takers.Select(taker => taker.Name))}", allowed);
        }
        else if (_listener is null && takers.Count > 1)
        {
            section.Missing("listener", $"one of the listeners with connect: {names}");
        }
        else if (_listener is null && takers.Count == 0 && _advertise is not null)
        {
            section.Mistake("advertise", "there is no listener with connect, so nobody can be told of it", null);
        }

        var listener = _listener is null ? takers.FirstOrDefault() : takers.Find(taker => taker.Name == _listener);
        if (listener is not null && _advertise is null && ValueKind.IsWildcard(listener.Bind.Address) && !section.IsWrong("advertise") && !section.IsWrong("listener"))
        {
            section.Missing("advertise", $"{ValueKind.Advertised.Allowed}: listener '{listener.Name}' is bound to {listener.Bind}, which nobody can dial");
        }

        return new MeshConfiguration(settings, listener?.Name, _advertise);
    }

    private bool ReadTunnel(SectionReader section)
    {
        _tunnel = section;
        _listener = section.Optional("listener", ValueKind.Name);
        _advertise = section.Optional("advertise", ValueKind.Advertised);
        return true;
    }

    private static string? ParseRole(string text, out string value) =>
        ValueKind.Name.Parse(text, out value) ?? (OwnRoles.Contains(text) ? "is what a node is by its listeners and upstreams" : null);
}
