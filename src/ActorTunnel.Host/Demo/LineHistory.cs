namespace ActorTunnel.Host.Demo;

/// <summary>The last lines that a process wrote, and those who wait for one. Safe for any number of threads.</summary>
/// <param name="capacity">Older lines are forgotten.</param>
internal sealed class LineHistory(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();
    private readonly List<(Func<string, bool> IsWanted, TaskCompletionSource<string?> Found)> _waiting = [];
    private bool _complete;

    public void Append(string line)
    {
        lock (_lock)
        {
            _lines.Enqueue(line);
            if (_lines.Count > capacity)
            {
                _lines.Dequeue();
            }

            _waiting.RemoveAll(waiting => waiting.IsWanted(line) && waiting.Found.TrySetResult(line));
        }
    }

    /// <summary>No line comes any more.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _complete = true;
            _waiting.ForEach(waiting => waiting.Found.TrySetResult(null));
            _waiting.Clear();
        }
    }

    /// <summary>The first line that is kept and wanted, or the next one to come; null when the end comes first.</summary>
    public Task<string?> FindAsync(Func<string, bool> isWanted)
    {
        lock (_lock)
        {
            if (_lines.FirstOrDefault(isWanted) is { } line)
            {
                return Task.FromResult<string?>(line);
            }

            if (_complete)
            {
                return Task.FromResult<string?>(null);
            }

            var found = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((isWanted, found));
            return found.Task;
        }
    }

    /// <summary>At most <paramref name="count"/> lines, the oldest first.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        lock (_lock)
        {
            return [.. _lines.TakeLast(count)];
        }
    }
}
