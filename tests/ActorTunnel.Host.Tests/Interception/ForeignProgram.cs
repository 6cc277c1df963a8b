using System.Diagnostics;
using ActorTunnel.Host.Demo;
using ActorTunnel.Host.Hosting;

namespace ActorTunnel.Host.Tests.Interception;

/// <summary>A program of the system, or one of ours in a place of its own. Who starts it disposes it; it is gone then.</summary>
internal sealed class ForeignProgram : IAsyncDisposable
{
    private const int LinesKept = 10_000;

    // No command here works longer than a second or two; a machine may be busy.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _command;
    private readonly Process _process;
    private readonly Task _ended;

    private ForeignProgram(string command, Process process)
    {
        _command = command;
        _process = process;
        _ended = Task.WhenAll(ReadAsync(process.StandardOutput, Output), ReadAsync(process.StandardError, Errors), process.WaitForExitAsync());
    }

    /// <summary>Of its process.</summary>
    public int Id => _process.Id;

    /// <summary>What it wrote to standard output.</summary>
    public LineHistory Output { get; } = new(LinesKept);

    /// <summary>What it wrote to standard error.</summary>
    public LineHistory Errors { get; } = new(LinesKept);

    /// <summary>Its standard input, open until somebody closes it.</summary>
    public StreamWriter Input => _process.StandardInput;

    public static ForeignProgram Start(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new ForeignProgram(string.Join(' ', command), Process.Start(start)!);
    }

    /// <summary>Runs a command with empty input to its end.</summary>
    public static async Task<ProgramRun> RunAsync(params string[] command)
    {
        await using var program = Start(command);
        program.Input.Close();
        return await program.EndAsync();
    }

    /// <summary>The first line of standard output that is wanted, already written or still to come; fails where none comes.</summary>
    public Task<string> LineAsync(Func<string, bool> isWanted) => LineAsync(Output, isWanted);

    /// <summary>The same of standard error.</summary>
    public Task<string> ErrorLineAsync(Func<string, bool> isWanted) => LineAsync(Errors, isWanted);

    /// <summary>Waits for its end; fails where it does not come.</summary>
    public async Task<ProgramRun> EndAsync()
    {
        await WithinPatienceAsync(_ended);
        return new ProgramRun(_process.ExitCode, All(Output), All(Errors));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_ended.IsCompleted)
        {
            Termination.Request(_process.Id);
            if (await Task.WhenAny(_ended, Task.Delay(Patience)) != _ended)
            {
                _process.Kill();
            }

            await _ended;
        }

        _process.Dispose();
    }

    private static string All(LineHistory lines) => string.Join('\n', lines.Last(LinesKept));

    private static async Task ReadAsync(StreamReader reader, LineHistory history)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            history.Append(line);
        }

        history.Complete();
    }

    private async Task<string> LineAsync(LineHistory lines, Func<string, bool> isWanted)
    {
        var found = lines.FindAsync(isWanted);
        await WithinPatienceAsync(found);
        return await found ?? throw new InvalidOperationException($"{_command} ended without this line:\n{All(Output)}\n{All(Errors)}");
    }

    private async Task WithinPatienceAsync(Task task)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            // What it wrote tells more than that it was late.
            throw new TimeoutException($"{_command} says nothing more after:\n{All(Output)}\n{All(Errors)}");
        }
    }
}

/// <summary>What a program came to; the lines without the last line's end.</summary>
internal sealed record ProgramRun(int Code, string Output, string Error)
{
    /// <summary>What it wrote, where it did what it was asked; fails with its error where it did not.</summary>
    public string Succeeded() => Code == 0 ? Output : throw new InvalidOperationException($"exit code {Code}: {Error}");
}
