namespace ActorTunnel.Scenarios.Support;

/// <summary>Waits for what other threads bring about; the only place of a story that knows a real clock.</summary>
internal static class Eventually
{
    /// <summary>Only a story that fails takes so long, also on a machine that others keep busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition, Func<string> describe) => TrueAsync(() => Task.FromResult(condition()), describe);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> describe)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                Assert.Fail(describe());
            }

            await Task.Delay(5);
        }
    }

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static Task InTime(this Task task) => task.WaitAsync(Patience);
}
