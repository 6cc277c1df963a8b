using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>Says where an entry comes from.</summary>
internal static class DraftComment
{
    /// <summary>The path in the bootstrap, and the name there where it is another one here.</summary>
    internal static string Of(string path, string? given, string name) =>
        given is null || given == name ? path : $"{path}, {HoconText.Quote(given)}";
}
