using System.Collections.Immutable;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration;

/// <summary>Collects what is wrong, so that an operator sees all of it at once.</summary>
internal sealed class MistakeLog
{
    private readonly List<ConfigurationMistake> _mistakes = [];
    private readonly List<ConfigurationMistake> _warnings = [];

    internal bool IsEmpty => _mistakes.Count == 0;

    internal void Add(ConfigurationMistake mistake) => _mistakes.Add(mistake);

    internal void AddRange(IEnumerable<ConfigurationMistake> mistakes) => _mistakes.AddRange(mistakes);

    /// <summary>Something that works but that an operator should know at each start.</summary>
    internal void Warn(ConfigurationMistake warning) => _warnings.Add(warning);

    internal ImmutableArray<ConfigurationMistake> Mistakes(ImmutableArray<string> sources) => InOrder(_mistakes, sources);

    internal ImmutableArray<ConfigurationMistake> Warnings(ImmutableArray<string> sources) => InOrder(_warnings, sources);

    /// <summary>As a reader goes through the files; each once, though a shared value may be read for several keys.</summary>
    private static ImmutableArray<ConfigurationMistake> InOrder(IEnumerable<ConfigurationMistake> mistakes, ImmutableArray<string> sources) =>
        [.. mistakes
            .Distinct()
            .OrderBy(mistake => sources.IndexOf(mistake.File))
            .ThenBy(mistake => mistake.Line)
            .ThenBy(mistake => mistake.Column)];
}
