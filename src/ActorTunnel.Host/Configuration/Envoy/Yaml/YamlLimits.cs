namespace ActorTunnel.Host.Configuration.Envoy.Yaml;

/// <summary>
/// Limits far above any real bootstrap, so that a wrong or hostile file ends in one clear mistake. The length of a file is bounded by
/// <see cref="Hocon.HoconLimits.SourceLength"/>.
/// </summary>
internal static class YamlLimits
{
    /// <summary>Mappings and sequences inside each other, through aliases too; the readers of a tree recurse that deep.</summary>
    internal const int Depth = 64;

    /// <summary>Nodes of the tree with each alias counted as all that it stands for: aliases can double a tree with each line.</summary>
    internal const long Weight = 200_000;
}
