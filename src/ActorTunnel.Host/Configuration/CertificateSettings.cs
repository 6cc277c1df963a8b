using System.Collections.Immutable;

namespace ActorTunnel.Host.Configuration;

/// <summary>Which certificates may change while the node runs.</summary>
/// <param name="ReloadInterval">Between two looks at the files; zero: only when asked to.</param>
/// <param name="Sections">Of listeners and upstreams.</param>
internal sealed record CertificateSettings(TimeSpan ReloadInterval, ImmutableArray<TlsSection> Sections)
{
    internal static readonly CertificateSettings None = new(TimeSpan.Zero, []);
}
