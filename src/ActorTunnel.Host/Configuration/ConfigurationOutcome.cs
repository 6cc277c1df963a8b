using System.Collections.Immutable;
using ActorTunnel.Host.Admin;
using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>What became of the configuration.</summary>
public abstract record ConfigurationOutcome
{
    private ConfigurationOutcome()
    {
    }

    /// <summary>All of it is valid.</summary>
    /// <param name="Node">What the proxy runs on.</param>
    /// <param name="Effective">The settings with all defaults, in the order of <c>reference.conf</c>; reads back as the same settings.</param>
    /// <param name="AkkaHocon">The <c>akka</c> object, resolved, as text for Akka's parser; empty if there is none.</param>
    /// <param name="Warnings">What works but should be known, in the order of the files.</param>
    public sealed record Loaded(
        NodeSettings Node, HoconObject Effective, string AkkaHocon, ImmutableArray<ConfigurationMistake> Warnings) : ConfigurationOutcome
    {
        /// <summary>Null: no admin server.</summary>
        public AdminSettings? Admin { get; init; }

        /// <summary>From the announcement of a drain to its first GOAWAY, zero or more; without a mesh nobody waits for it.</summary>
        internal TimeSpan DrainDelay { get; init; }

        /// <summary>Null: the node is in no mesh.</summary>
        internal MeshConfiguration? Mesh { get; init; }

        /// <summary>The files that are watched.</summary>
        internal CertificateSettings Certificates { get; init; } = CertificateSettings.None;

        /// <summary>The effective settings, and the <c>akka</c> object behind them, as a file that could be loaded again.</summary>
        public string Render() => HoconRenderer.Render(Effective) + AkkaHocon;
    }

    /// <summary>Nothing may be started with it.</summary>
    /// <param name="Mistakes">A syntax error alone, or else all that is wrong, in the order of the files.</param>
    public sealed record Rejected(ImmutableArray<ConfigurationMistake> Mistakes) : ConfigurationOutcome;
}
