using System.CommandLine;
using ActorTunnel.Host.Configuration;

namespace ActorTunnel.Host.Commands;

/// <summary>The whole command line: which commands there are, and how a mistake in one is told.</summary>
public static class CommandLine
{
    private const string Program = "actortunnel";

    /// <summary>Runs the command that <paramref name="arguments"/> name.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="output">What was asked for goes here.</param>
    /// <param name="error">Mistakes go here: one line each, never the help.</param>
    /// <param name="stop">The command is to end in order.</param>
    /// <returns>The exit code of the process.</returns>
    public static Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var root = Root();
        // A token that begins with @ is a value like any other, not the name of a file with more arguments.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var mistakes = MistakesOf(parsed);
        if (mistakes.Count > 0)
        {
            var path = parsed.CommandResult.Command is RootCommand ? Program : $"{Program} {parsed.CommandResult.Command.Name}";
            foreach (var mistake in mistakes)
            {
                error.WriteLine($"{path}: {mistake} (see {path} --help)");
            }

            return Task.FromResult(ExitCode.Mistake);
        }

        // Signals are ours, see ProcessSignals: the library's own handling gives a command two seconds.
        return parsed.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null }, stop);
    }

    /// <summary>All commands.</summary>
    internal static RootCommand Root() => new("Carries TCP connections inside HTTP/2 CONNECT streams")
    {
        RunCommand.Create(),
        CheckCommand.Create(),
        DrainCommand.Create(),
        NodesCommand.Create(),
        DemoCommand.Create(),
        CertsCommand.Create(),
        OriginCommand.Create(),
        ImportEnvoyCommand.Create(),
    };

    private static IReadOnlyList<string> MistakesOf(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0)
        {
            return [];
        }

        var command = parsed.CommandResult.Command;
        var names = command.Subcommands.Select(subcommand => subcommand.Name).ToList();
        if (parsed.UnmatchedTokens is [var first, ..])
        {
            // What follows an unknown word is unknown for its sake.
            var isOption = first.StartsWith('-');
            var known = isOption ? command.Options.Select(option => option.Name) : names;
            var kind = isOption ? "option" : names.Count > 0 ? "command" : "argument";
            return [$"unknown {kind} '{first}'{Suggestion.DidYouMean(first, known)}"];
        }

        return command is RootCommand
            ? [$"one of {string.Join(", ", names)} is required"]
            : [.. parsed.Errors.Select(error => error.Message.TrimEnd('.')).Distinct()];
    }
}
