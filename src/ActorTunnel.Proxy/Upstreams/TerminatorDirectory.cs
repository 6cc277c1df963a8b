using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>How much a terminator has to do, as it said itself.</summary>
/// <param name="Tunnels">Open, of all encapsulators together; 0 or more.</param>
/// <param name="Dials">To origins, under way; 0 or more.</param>
/// <param name="Cpu">Share of the machine that its process uses, 0 to 1.</param>
public sealed record TerminatorLoad(int Tunnels, int Dials, double Cpu);

/// <summary>What the mesh knows of a terminator's life. A session that answers PING outranks it.</summary>
public enum TerminatorPresence
{
    /// <summary>A member that is heard.</summary>
    Member,

    /// <summary>A member that is not heard at the moment.</summary>
    Unreachable,

    /// <summary>No member any more, and it never said that it drains: it was killed, or cut off with its tunnels in good health.</summary>
    Lost,
}

/// <summary>A terminator of the mesh.</summary>
/// <param name="Address">Where it takes tunnels. Its identity: no two in a snapshot have the same.</param>
/// <param name="Roles">What an upstream may ask for by <c>role</c>.</param>
/// <param name="Zone">Where it stands, or null.</param>
/// <param name="Presence">Whether it is there.</param>
/// <param name="IsDraining">It takes no new tunnels.</param>
/// <param name="Load">Its latest report, the same object until the next one; null where that is too old to count, or never came.</param>
public sealed record Terminator(
    EndpointAddress Address,
    ImmutableArray<string> Roles,
    string? Zone,
    TerminatorPresence Presence,
    bool IsDraining,
    TerminatorLoad? Load);

/// <summary>All terminators at a moment.</summary>
/// <param name="IsKnown">Whether the mesh was ever entered; before that, tunnels wait.</param>
/// <param name="Terminators">In a fixed order.</param>
public sealed record TerminatorSnapshot(bool IsKnown, ImmutableArray<Terminator> Terminators)
{
    /// <summary>Before the mesh was entered.</summary>
    public static readonly TerminatorSnapshot Unknown = new(IsKnown: false, []);
}

/// <summary>
/// The one place where mesh and data plane meet: an immutable snapshot that the mesh replaces and the data plane reads. It outlives every life of the mesh,
/// so the last list stays where the mesh is gone. Safe for any thread.
/// </summary>
public sealed class TerminatorDirectory
{
    private volatile TerminatorSnapshot _current = TerminatorSnapshot.Unknown;

    /// <summary>Raised behind each <see cref="Replace"/>, on its thread; handlers must not block.</summary>
    public event Action? Replaced;

    /// <summary>The latest snapshot.</summary>
    public TerminatorSnapshot Current => _current;

    /// <summary>For the mesh alone, one call at a time.</summary>
    public void Replace(TerminatorSnapshot snapshot)
    {
        _current = snapshot;
        Replaced?.Invoke();
    }
}
