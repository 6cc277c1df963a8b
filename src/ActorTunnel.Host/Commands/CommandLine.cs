using System.CommandLine;
using System.CommandLine.Parsing;
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

    private static List<string> MistakesOf(ParseResult parsed)
    {
        var bare = OptionsWithoutValue(parsed);
        if (parsed.Errors.Count == 0)
        {
            return bare;
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

        if (bare.Count > 0)
        {
            return bare;
        }

        return command is RootCommand
            ? [$"one of {string.Join(", ", names)} is required"]
            : [.. parsed.Errors.Select(error => error.Message.TrimEnd('.')).Distinct()];
    }

    /// <summary>The library is content where the same option has a value elsewhere.</summary>
    private static List<string> OptionsWithoutValue(ParseResult parsed)
    {
        var mistakes = new List<string>();
        foreach (var (index, token) in parsed.Tokens.Index())
        {
            var option = token.Type == TokenType.Option ? parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == token.Value) : null;
            if (option is { Arity.MinimumNumberOfValues: > 0 } && parsed.Tokens.ElementAtOrDefault(index + 1) is not { Type: TokenType.Argument })
            {
                mistakes.Add($"{option.Name} needs a value{(option.HelpName is null ? "" : $": {option.HelpName}")}");
            }
        }

        return mistakes;
    }
}
