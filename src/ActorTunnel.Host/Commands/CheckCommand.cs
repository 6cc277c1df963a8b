using System.CommandLine;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Configuration;
using ActorTunnel.Host.Configuration.Hocon;

namespace ActorTunnel.Host.Commands;

/// <summary><c>actortunnel check</c>: validates a configuration and shows what it comes to.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var configuration = new ConfigurationArguments();
        var command = new Command(
            "check",
            "Validates configuration files: prints the effective settings with all defaults, or every mistake with its place, and then exits with 2.");
        configuration.AddTo(command);
        var json = JsonOption.AddTo(command);
        command.SetAction(parsed =>
        {
            var outcome = configuration.Load(parsed);
            var console = parsed.InvocationConfiguration;
            if (parsed.GetValue(json))
            {
                console.Output.WriteLine(JsonOption.Render(ToJson(outcome)));
            }
            else
            {
                WriteText(outcome, console.Output, console.Error);
            }

            return outcome is ConfigurationOutcome.Loaded ? ExitCode.Success : ExitCode.Mistake;
        });
        return command;
    }

    private static void WriteText(ConfigurationOutcome outcome, TextWriter output, TextWriter error)
    {
        switch (outcome)
        {
            case ConfigurationOutcome.Loaded loaded:
                ConfigurationArguments.WriteWarnings(loaded.Warnings, error);
                output.Write(loaded.Render());
                break;
            case ConfigurationOutcome.Rejected rejected:
                ConfigurationArguments.WriteMistakes(rejected.Mistakes, error);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null);
        }
    }

    /// <summary>In JSON the answer is one object on standard output, whatever it says.</summary>
    private static JsonObject ToJson(ConfigurationOutcome outcome) => outcome switch
    {
        ConfigurationOutcome.Loaded loaded => new JsonObject
        {
            ["valid"] = true,
            ["warnings"] = new JsonArray([.. loaded.Warnings.Select(ToJson)]),
            ["settings"] = ToJson(loaded.Effective),
        },
        ConfigurationOutcome.Rejected rejected => new JsonObject
        {
            ["valid"] = false,
            ["mistakes"] = new JsonArray([.. rejected.Mistakes.Select(ToJson)]),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private static JsonObject ToJson(ConfigurationMistake mistake) => new()
    {
        ["file"] = mistake.File,
        ["line"] = mistake.Line,
        ["column"] = mistake.Column,
        ["key"] = mistake.Key,
        ["value"] = mistake.Value,
        ["problem"] = mistake.Problem,
        ["allowed"] = mistake.Allowed,
    };

    /// <summary>Durations and sizes stay texts with their units, as a file would have them.</summary>
    private static JsonNode? ToJson(HoconValue value) => value switch
    {
        HoconObject node => new JsonObject(node.Fields.Select(field => KeyValuePair.Create(field.Name, ToJson(field.Value)))),
        HoconArray array => new JsonArray([.. array.Items.Select(ToJson)]),
        HoconNull => null,
        HoconBoolean boolean => boolean.Value,
        // A JSON number as it was written.
        HoconNumber number => JsonNode.Parse(number.Text),
        HoconScalar scalar => scalar.Text,
        _ => throw new ArgumentOutOfRangeException(nameof(value), value.Kind, null),
    };
}
