namespace ActorTunnel.Benchmarks.Harness.Processes;

/// <summary>What a chain's processes, the origin and the driver use while something is measured.</summary>
/// <param name="roots">The first process of each by name.</param>
internal sealed class ProcessWatch(IReadOnlyDictionary<string, int> roots)
{
    private IReadOnlyDictionary<string, ProcessTree> _trees = new Dictionary<string, ProcessTree>();
    private Dictionary<string, double> _before = [];

    /// <summary>Looks for the processes, which takes some milliseconds.</summary>
    public void Find() => _trees = ProcessTree.Of(roots);

    /// <summary>From here on; after <see cref="Find"/>.</summary>
    public void Begin() => _before = _trees.ToDictionary(tree => tree.Key, tree => tree.Value.CpuSeconds());

    /// <summary>Since <see cref="Begin"/>.</summary>
    public IReadOnlyDictionary<string, ProcessUse> End()
    {
        var after = _trees.ToDictionary(tree => tree.Key, tree => tree.Value.CpuSeconds());
        return _trees.ToDictionary(
            tree => tree.Key, tree => new ProcessUse(after[tree.Key] - _before[tree.Key], tree.Value.ResidentMiB()));
    }
}
