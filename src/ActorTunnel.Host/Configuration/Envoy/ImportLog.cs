using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Configuration.Envoy;

/// <summary>What the reader of a bootstrap has to tell; each list is in the order of the file.</summary>
internal sealed class ImportLog
{
    private readonly List<(Weight Weight, ConfigurationMistake Mistake)> _entries = [];

    private enum Weight
    {
        Mistake,
        NotCarried,
        Note,
    }

    /// <summary>What is wrong in any reading of the file.</summary>
    internal IReadOnlyList<ConfigurationMistake> Mistakes => All(Weight.Mistake);

    /// <summary>What Envoy would do and this program does not.</summary>
    internal IReadOnlyList<ConfigurationMistake> NotCarried => All(Weight.NotCarried);

    /// <summary>Both.</summary>
    internal IReadOnlyList<ConfigurationMistake> MistakesAndNotCarried => All(Weight.Mistake, Weight.NotCarried);

    /// <summary>What was left out, and what was carried otherwise than an operator may expect.</summary>
    internal IReadOnlyList<ConfigurationMistake> Warnings => All(Weight.NotCarried, Weight.Note);

    internal void Mistake(HoconPlace place, string path, string? value, string problem, string? allowed) =>
        Add(Weight.Mistake, place, path, value, problem, allowed);

    internal void NotCarry(HoconPlace place, string path, string? value, string problem, string? allowed) =>
        Add(Weight.NotCarried, place, path, value, problem, allowed);

    internal void Note(HoconPlace place, string path, string? value, string problem) =>
        Add(Weight.Note, place, path, value, problem, null);

    private void Add(Weight weight, HoconPlace place, string path, string? value, string problem, string? allowed) =>
        _entries.Add((weight, new ConfigurationMistake(place, path.Length == 0 ? null : path, value, problem, allowed)));

    private ConfigurationMistake[] All(params Weight[] weights) =>
        [.. _entries
            .Where(entry => weights.Contains(entry.Weight))
            .Select(entry => entry.Mistake)
            .OrderBy(mistake => mistake.Line)
            .ThenBy(mistake => mistake.Column)];
}
