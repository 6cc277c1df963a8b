using System.Diagnostics;
using ActorTunnel.Host.Hosting;

namespace ActorTunnel.Host.Demo;

/// <summary>This program once more, with other arguments. Who starts it stops it.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int LinesKept = 1_000;
    private const int LinesTold = 8;

    // An order to stop that is not followed for so long is followed by a kill. A node of the demo drains for two seconds at most.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly Task _ended;
    private readonly LineHistory _errors = new(LinesKept);

    private ChildProcess(string name, Process process)
    {
        Name = name;
        _process = process;
        Id = process.Id;
        _ended = Task.WhenAll(
            ReadAsync(process.StandardOutput, Output), ReadAsync(process.StandardError, _errors), process.WaitForExitAsync());
    }

    /// <summary>What it is in the demo.</summary>
    public string Name { get; }

    /// <summary>Its process id.</summary>
    public int Id { get; }

    /// <summary>What it wrote to standard output.</summary>
    public LineHistory Output { get; } = new(LinesKept);

    /// <summary>Completes when it is gone and all of its output was read; never fails.</summary>
    public Task Ended => _ended;

    /// <summary>Starts it; its standard input is empty.</summary>
    public static ChildProcess Start(string name, string workingDirectory, params string[] arguments)
    {
        var (file, first) = ThisProgram();
        var start = new ProcessStartInfo(file)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in first.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new ChildProcess(name, process);
    }

    /// <summary>What a person needs to know about a child that should still be running.</summary>
    public string Complaint()
    {
        var what = _ended.IsCompleted ? $"the {Name} ended with exit code {_process.ExitCode}" : $"the {Name} (process {Id}) does not answer";
        var lines = _errors.Last(LinesTold);
        return lines.Count == 0 ? $"{what} and wrote no error" : $"{what}; its last errors:\n  {string.Join("\n  ", lines)}";
    }

    /// <summary>Asks it to stop and waits; kills it where it does not.</summary>
    /// <returns>Null when it stopped in order, else what it did instead.</returns>
    public async Task<string?> StopAsync()
    {
        if (!_ended.IsCompleted)
        {
            // One that has just ended by itself did all that is asked for.
            Termination.Request(Id);
        }

        try
        {
            await _ended.WaitAsync(StopTimeout);
        }
        catch (TimeoutException)
        {
            // It has had its time.
            _process.Kill();
            await _ended;
            return $"the {Name} did not stop within {StopTimeout.TotalSeconds:0} s and was killed";
        }

        return _process.ExitCode == 0 ? null : Complaint();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    /// <summary>The file to execute, and the arguments in front of ours.</summary>
    private static (string File, string[] Arguments) ThisProgram()
    {
        const string name = "actortunnel";
        var process = Environment.ProcessPath;
        return process is not null && Path.GetFileNameWithoutExtension(process) == name
            ? (process, [])
            : ("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{name}.dll")]);
    }

    private static async Task ReadAsync(StreamReader reader, LineHistory history)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            history.Append(line);
        }

        history.Complete();
    }
}
