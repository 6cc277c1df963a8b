using System.CommandLine;
using ActorTunnel.Host.Demo;
using Spectre.Console;

namespace ActorTunnel.Host.Commands;

/// <summary><c>actortunnel demo</c>: the main job in one command, on real sockets between three processes.</summary>
internal static class DemoCommand
{
    private const int MebiByte = 1024 * 1024;
    private const int MaxSize = 1_000_000;

    public static Command Create()
    {
        var sizeOption = new Option<int>("--size")
        {
            Description = $"MiB to move each way, 1 to {MaxSize}",
            HelpName = "MIB",
            DefaultValueFactory = _ => 100,
        };
        sizeOption.Validators.Add(result =>
        {
            var text = result.Tokens is [var token, ..] ? token.Value : null;
            if (text is not null && !(int.TryParse(text, out var size) && size is >= 1 and <= MaxSize))
            {
                result.AddError($"--size {text}: must be 1 to {MaxSize}");
            }
        });
        var keepOption = new Option<bool>("--keep") { Description = "Leaves everything running until Ctrl-C, and prints a curl command for it" };
        var command = new Command(
            "demo",
            "Starts an origin, a terminator and an encapsulator as processes of their own, fetches a page and moves bytes both ways through the "
            + "tunnel over HTTPS, checks every byte, and shows the way hop by hop.")
        {
            sizeOption, keepOption,
        };
        var jsonOption = JsonOption.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(keepOption) && result.GetValue(jsonOption))
            {
                result.AddError("--keep is for people and --json for scripts: one of the two");
            }
        });
        command.SetAction((parsed, stop) => RunAsync(
            (long)parsed.GetValue(sizeOption) * MebiByte,
            parsed.GetValue(keepOption),
            parsed.GetValue(jsonOption),
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            stop));
        return command;
    }

    private static async Task<int> RunAsync(
        long size, bool keep, bool json, TextWriter output, TextWriter error, CancellationToken stop)
    {
        if (!DemoFolder.TryCreate(TimeProvider.System.GetUtcNow(), out var folder, out var problem))
        {
            await error.WriteLineAsync($"demo: {problem}");
            return ExitCode.Failure;
        }

        using (folder)
        {
            await using var nodes = new DemoNodes();
            var display = DisplayFor(json ? error : output);
            var code = await RunAsync(folder, nodes, display, size, keep, json ? output : null, error, stop);
            foreach (var late in await nodes.StopAsync())
            {
                // A complaint about a child that is gone was told already.
                if (code == ExitCode.Success)
                {
                    await error.WriteLineAsync($"demo: {late}");
                    code = ExitCode.Failure;
                }
            }

            return code;
        }
    }

    private static async Task<int> RunAsync(
        DemoFolder folder, DemoNodes nodes, DemoDisplay display, long size, bool keep, TextWriter? json, TextWriter error, CancellationToken stop)
    {
        try
        {
            if (await nodes.StartAsync(folder, display, stop) is { } problem)
            {
                await error.WriteLineAsync($"demo: {problem}");
                return ExitCode.Failure;
            }

            var (report, complaint) = await new DemoRun(folder, nodes, display).RunAsync(size, stop);
            Tell(report, complaint, display, json, error);
            if (complaint is not null || report is not { Problems.IsEmpty: true })
            {
                return ExitCode.Failure;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C or SIGTERM before the end.
            await error.WriteLineAsync("demo: interrupted");
            return ExitCode.Interrupted;
        }

        return keep ? await KeepAsync(folder, nodes, display, error, stop) : ExitCode.Success;
    }

    private static void Tell(DemoReport? report, string? complaint, DemoDisplay display, TextWriter? json, TextWriter error)
    {
        if (report is not null && json is not null)
        {
            json.WriteLine(JsonOption.Render(report.ToJson()));
        }
        else if (report is not null)
        {
            display.Say(report.ToText());
            if (report.Problems.IsEmpty)
            {
                display.Say("Every byte was right, and every hop has counted the same.");
            }
        }

        foreach (var problem in report?.Problems ?? [])
        {
            error.WriteLine($"demo: {problem}");
        }

        if (complaint is not null)
        {
            error.WriteLine($"demo: {complaint}");
        }
    }

    private static async Task<int> KeepAsync(
        DemoFolder folder, DemoNodes nodes, DemoDisplay display, TextWriter error, CancellationToken stop)
    {
        var port = nodes.Encapsulator.Address.Port;
        display.Say("\nEverything runs until Ctrl-C. Through the tunnel:");
        display.Say($"  curl --cacert {folder.CaPath} --resolve {DemoFolder.OriginName}:{port}:127.0.0.1 https://{DemoFolder.OriginName}:{port}/");
        var stopped = Task.Delay(Timeout.InfiniteTimeSpan, stop);
        var death = nodes.FirstDeathAsync();
        // Ctrl-C on a terminal reaches the children too: they may be gone first.
        if (await Task.WhenAny(stopped, death) == death && !stop.IsCancellationRequested)
        {
            await error.WriteLineAsync($"demo: {await death}");
            return ExitCode.Failure;
        }

        return ExitCode.Success;
    }

    private static DemoDisplay DisplayFor(TextWriter writer)
    {
        var isTerminal = (writer == Console.Out && !Console.IsOutputRedirected) || (writer == Console.Error && !Console.IsErrorRedirected);
        return isTerminal
            ? new TerminalDisplay(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }))
            : new PlainDisplay(writer);
    }
}
