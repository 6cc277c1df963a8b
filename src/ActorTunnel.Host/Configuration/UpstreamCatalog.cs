using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Which upstreams there are, for those who name one.</summary>
internal sealed class UpstreamCatalog
{
    private readonly Dictionary<string, UpstreamProtocol?> _protocols = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <param name="name">Of the upstream.</param>
    /// <param name="protocol">Null where a mistake hides it.</param>
    internal void Add(string name, UpstreamProtocol? protocol) => _protocols[name] = protocol;

    internal bool IsUsed(string name) => _used.Contains(name);

    /// <summary>Reads a key that must name an upstream of that protocol.</summary>
    internal string? Reference(SectionReader section, string key, UpstreamProtocol protocol)
    {
        var known = string.Join(", ", _protocols.Where(upstream => upstream.Value is null || upstream.Value == protocol).Select(upstream => upstream.Key));
        var word = protocol == UpstreamProtocol.Http2 ? "http2" : "tcp";
        var allowed = known.Length == 0 ? $"an upstream with protocol = {word}; there is none" : $"an upstream with protocol = {word}: {known}";
        var name = section.Required(key, ValueKind.Text with { Allowed = allowed });
        if (name is null)
        {
            return null;
        }

        _used.Add(name);
        if (!_protocols.TryGetValue(name, out var found))
        {
            section.Mistake(key, $"there is no such upstream{Suggestion.DidYouMean(name, _protocols.Keys)}", allowed);
        }
        else if (found is not null && found != protocol)
        {
            section.Mistake(key, $"this upstream has protocol = {(found == UpstreamProtocol.Http2 ? "http2" : "tcp")}", allowed);
        }

        return name;
    }
}
