namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// A class of stories. What a story owns is ended after it, the last first; a node's end asserts that its buffers, sockets, timers, tunnels and
/// dials are back at their baseline (I5), that its counters say what its access log says (I7), and that nothing logged an error.
/// </summary>
public abstract class Story : IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        var failures = new List<Exception>();
        while (_owned.TryPop(out var owned))
        {
            try
            {
                await owned.DisposeAsync();
            }
            catch (Exception e)
            {
                failures.Add(e); // Thrown below, when the rest has been ended too.
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private protected T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }
}
