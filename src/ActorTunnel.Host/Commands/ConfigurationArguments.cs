using System.CommandLine;
using ActorTunnel.Host.Configuration;

namespace ActorTunnel.Host.Commands;

/// <summary>What <c>run</c> and <c>check</c> take alike: files and <c>--set</c>.</summary>
internal sealed class ConfigurationArguments
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "Configuration files: HOCON, or an Envoy bootstrap (*.yaml); where two set the same key, the later file wins",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Sets one key, over all files, as in --set listeners.tunnel-in.bind=127.0.0.1:10000; may be given more than once",
        HelpName = "KEY=VALUE",
    };

    private readonly Option<bool> _lenient = LenientOption.Create();

    public void AddTo(Command command)
    {
        // Else a mistyped option is a file that does not exist. A file that is really called so can be given as ./-name.
        _files.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.StartsWith('-')))
            {
                var known = command.Options.Select(option => option.Name);
                result.AddError($"unknown option '{token.Value}'{Suggestion.DidYouMean(token.Value, known)}");
            }
        });
        command.Arguments.Add(_files);
        command.Options.Add(_set);
        command.Options.Add(_lenient);
    }

    /// <summary>Reads and validates everything; relative paths are relative to the working directory.</summary>
    public ConfigurationOutcome Load(ParseResult parsed) =>
        new ConfigurationLoader(Environment.GetEnvironmentVariable, Environment.CurrentDirectory, TimeProvider.System)
            .Load(parsed.GetRequiredValue(_files), parsed.GetValue(_set) ?? [], parsed.GetValue(_lenient));

    /// <summary>One line for each, as <c>file:line:column: key = value: problem; allowed: …</c></summary>
    public static void WriteMistakes(IEnumerable<ConfigurationMistake> mistakes, TextWriter error)
    {
        foreach (var mistake in mistakes)
        {
            error.WriteLine(mistake);
        }
    }

    /// <inheritdoc cref="WriteMistakes"/>
    public static void WriteWarnings(IEnumerable<ConfigurationMistake> warnings, TextWriter error)
    {
        foreach (var warning in warnings)
        {
            error.WriteLine($"warning: {warning}");
        }
    }
}
