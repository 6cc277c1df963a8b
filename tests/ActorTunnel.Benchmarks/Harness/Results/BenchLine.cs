using System.Text.Json.Serialization;
using ActorTunnel.Benchmarks.Harness.Processes;

namespace ActorTunnel.Benchmarks.Harness.Results;

/// <summary>A line of a results file.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(BenchSetup), "setup")]
[JsonDerivedType(typeof(BenchResult), "result")]
[JsonDerivedType(typeof(BenchSkip), "skip")]
internal abstract record BenchLine;

/// <summary>Under what conditions all the rest was measured.</summary>
/// <param name="Note">Words for the head of the table: cores, kernel, versions, limits.</param>
internal sealed record BenchSetup(string Note) : BenchLine;

/// <summary>One work on one chain, once.</summary>
/// <param name="Chain">Its name.</param>
/// <param name="Work">Name of a <see cref="Works.WorkShape"/>.</param>
/// <param name="Tunnels">How many at once.</param>
/// <param name="Run">1 and on.</param>
/// <param name="Seconds">How long was measured.</param>
/// <param name="Figures">By the keys of the work's shape.</param>
/// <param name="Processes">By part: front, back, link, origin and driver.</param>
/// <param name="Failure">Why there are no figures, or null.</param>
internal sealed record BenchResult(
    string Chain,
    string Work,
    int Tunnels,
    int Run,
    double Seconds,
    IReadOnlyDictionary<string, double> Figures,
    IReadOnlyDictionary<string, ProcessUse> Processes,
    string? Failure) : BenchLine;

/// <summary>A chain, or one of its works, that was not measured.</summary>
/// <param name="Chain">Its name.</param>
/// <param name="Work">Null: all of them.</param>
/// <param name="Tunnels">Of that work.</param>
/// <param name="Reason">Why not.</param>
internal sealed record BenchSkip(string Chain, string? Work, int Tunnels, string Reason) : BenchLine;
