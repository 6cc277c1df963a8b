using System.Collections.Immutable;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// The terminators of the mesh that one upstream may use. Its owner hears by <c>changed</c> that there are others, once until it has taken them, however often the mesh
/// replaces them meanwhile.
/// </summary>
internal sealed class MeshEndpoints : IDisposable
{
    private readonly TerminatorDirectory _directory;
    private readonly string _role;
    private readonly Action _changed;
    private int _told;

    /// <param name="directory">The mesh's.</param>
    /// <param name="role">That a terminator must have.</param>
    /// <param name="changed">Called on the mesh's thread; must not block.</param>
    public MeshEndpoints(TerminatorDirectory directory, string role, Action changed)
    {
        _directory = directory;
        _role = role;
        _changed = changed;
        directory.Replaced += Tell;
    }

    /// <summary>Those of the latest snapshot, in its order; null before the mesh was entered.</summary>
    public ImmutableArray<ResolvedEndpoint>? Take()
    {
        Interlocked.Exchange(ref _told, 0); // Before the read: a snapshot that comes behind it is told again.
        var snapshot = _directory.Current;
        return snapshot.IsKnown
            ? [.. snapshot.Terminators.Where(terminator => terminator.Roles.Contains(_role)).Select(ResolvedEndpoint.OfMesh)]
            : null;
    }

    public void Dispose() => _directory.Replaced -= Tell;

    private void Tell()
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            _changed();
        }
    }
}
