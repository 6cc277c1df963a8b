using System.Net;

namespace ActorTunnel.Host.Demo;

/// <summary>The three processes of a demo: origin, terminator, encapsulator.</summary>
internal sealed class DemoNodes : IAsyncDisposable
{
    // A process that starts on a busy machine needs seconds.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    // In the order of their start; they stop the other way round, so that each still has whom it depends on.
    private readonly List<ChildProcess> _children = [];

    public DemoPlace Origin { get; private set; } = null!;

    public DemoPlace Terminator { get; private set; } = null!;

    public DemoPlace Encapsulator { get; private set; } = null!;

    /// <summary>Starts all three on free ports.</summary>
    /// <param name="folder">Certificates are there, configurations go there.</param>
    /// <param name="display">Told of each that listens.</param>
    /// <param name="stop">Gives up; what was started is left to <see cref="StopAsync"/>.</param>
    /// <returns>Null, or what went wrong.</returns>
    public async Task<string?> StartAsync(DemoFolder folder, DemoDisplay display, CancellationToken stop)
    {
        var (origin, problem) = await StartOneAsync(
            folder, display, "origin", "origin listens on https://", stop,
            "origin", "--bind", "127.0.0.1:0", "--cert", "certs/server.pem", "--key", "certs/server-key.pem");
        if (origin is null)
        {
            return problem;
        }

        Origin = origin;
        (var terminator, problem) = await StartOneAsync(
            folder, display, "terminator", "listener connect-in listens on ", stop, "run", folder.WriteTerminator(origin.Address));
        if (terminator is null)
        {
            return problem;
        }

        Terminator = terminator;
        (var encapsulator, problem) = await StartOneAsync(
            folder, display, "encapsulator", "listener tunnel-in listens on ", stop, "run", folder.WriteEncapsulator(terminator.Address));
        if (encapsulator is null)
        {
            return problem;
        }

        Encapsulator = encapsulator;
        return null;
    }

    /// <summary>Completes with the complaint of the first child that is gone.</summary>
    public async Task<string> FirstDeathAsync()
    {
        var dead = await Task.WhenAny(_children.Select(child => child.Ended));
        return _children.First(child => child.Ended == dead).Complaint();
    }

    /// <summary>Ends all three, the encapsulator first.</summary>
    /// <returns>What did not end in order.</returns>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        var problems = new List<string>();
        foreach (var child in Enumerable.Reverse(_children))
        {
            if (await child.StopAsync() is { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in Enumerable.Reverse(_children))
        {
            await child.DisposeAsync();
        }
    }

    /// <param name="folder">The working directory.</param>
    /// <param name="display">Told when it listens.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="prefix">Of the line that ends in its address.</param>
    /// <param name="stop">Gives up waiting.</param>
    /// <param name="arguments">Of the program.</param>
    private async Task<(DemoPlace? Place, string? Problem)> StartOneAsync(
        DemoFolder folder, DemoDisplay display, string name, string prefix, CancellationToken stop, params string[] arguments)
    {
        var child = ChildProcess.Start(name, folder.Path, arguments);
        _children.Add(child);
        string? line;
        try
        {
            line = await child.Output.FindAsync(line => line.StartsWith(prefix, StringComparison.Ordinal)).WaitAsync(StartTimeout, stop);
        }
        catch (TimeoutException)
        {
            // It runs and is silent: the complaint says so.
            return (null, child.Complaint());
        }

        if (line is null)
        {
            // No more output comes; the exit code does in a moment.
            await child.Ended;
            return (null, child.Complaint());
        }

        if (!IPEndPoint.TryParse(line.AsSpan(prefix.Length), out var address))
        {
            return (null, $"the {name} says '{line}', which ends in no address");
        }

        display.Say($"{name} (process {child.Id}) listens on {address}");
        return (new DemoPlace(child, address), null);
    }
}

/// <summary>A process and where it listens.</summary>
internal sealed record DemoPlace(ChildProcess Process, IPEndPoint Address)
{
    /// <summary>What a report says of it.</summary>
    public DemoNode Node => new(Process.Name, Process.Id, Address);
}
