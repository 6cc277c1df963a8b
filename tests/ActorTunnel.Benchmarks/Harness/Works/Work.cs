using ActorTunnel.Benchmarks.Harness.Processes;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>What a work yields.</summary>
/// <param name="Figures">By the keys of its shape.</param>
/// <param name="Processes">What was used meanwhile.</param>
internal sealed record Measured(IReadOnlyDictionary<string, double> Figures, IReadOnlyDictionary<string, ProcessUse> Processes);

/// <summary>What is done on a chain.</summary>
/// <param name="Shape">Name of its <see cref="WorkShape"/>.</param>
/// <param name="Tunnels">How many at once.</param>
internal abstract record Work(string Shape, int Tunnels)
{
    /// <summary>Tunnels that must be open all at the same time for it to go on.</summary>
    public virtual int Held => Tunnels;

    /// <summary>Does it once. A <see cref="DriveFailure"/> where it cannot be done, or bytes were wrong.</summary>
    public abstract Measured Run(Bench bench);
}
