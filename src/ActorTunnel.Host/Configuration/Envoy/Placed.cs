using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>A value of a bootstrap that knows where it came from.</summary>
/// <param name="Value">As read.</param>
/// <param name="Place">In the file.</param>
/// <param name="Path">In the document, as in <c>static_resources.clusters[0].name</c>.</param>
internal sealed record Placed<T>(T Value, HoconPlace Place, string Path);
