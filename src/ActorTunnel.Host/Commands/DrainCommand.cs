using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using ActorTunnel.Host.Configuration;

namespace ActorTunnel.Host.Commands;

/// <summary><c>actortunnel drain</c>: takes a node of this machine out of service and follows until its process is gone.</summary>
internal static class DrainCommand
{
    public static Command Create()
    {
        var command = new Command(
            "drain", "Takes a node of this machine out of service: sends its process SIGTERM, prints how far its drain is, and returns when the process is gone.");
        var admin = AdminOption.AddTo(command, standard: null);
        var files = new Option<string[]>("--config")
        {
            Description = "The node's configuration files, instead of --admin: their admin.bind says where its admin server listens, and their node.name which node must answer there",
            HelpName = "FILE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        command.Options.Add(files);
        command.Validators.Add(result =>
        {
            if (result.GetResult(admin) is { Implicit: false } == (result.GetResult(files) is not null))
            {
                result.AddError("exactly one of --admin and --config is required");
            }
        });
        var json = JsonOption.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var console = parsed.InvocationConfiguration;
            var target = parsed.GetValue(admin) is { } address ? new Target(address, Name: null) : TargetOf(parsed.GetValue(files)!, console.Error);
            return target is null ? ExitCode.Mistake : await RunAsync(target, parsed.GetValue(json), console.Output, console.Error, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(Target target, bool json, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using var client = new AdminClient(target.Admin, TimeProvider.System);
        var run = new DrainRun(client, target.Name, json ? _ => { } : output.WriteLine, TimeProvider.System);
        DrainEnd end;
        try
        {
            end = await run.RunAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C ends the looking on alone.
            await error.WriteLineAsync(run.IsAsked ? "drain: not followed any further; the node goes on with it" : "drain: interrupted; no signal was sent");
            return ExitCode.Interrupted;
        }

        if (json)
        {
            await output.WriteLineAsync(JsonOption.Render(ToJson(end)));
        }
        else if (end is DrainEnd.Failed { Problem: var problem })
        {
            await error.WriteLineAsync($"drain: {problem}");
        }

        return end is DrainEnd.InOrder ? ExitCode.Success : ExitCode.Failure;
    }

    private static JsonObject ToJson(DrainEnd end) => end switch
    {
        DrainEnd.InOrder ended => new JsonObject
        {
            ["in-order"] = true,
            ["node"] = ended.Node,
            ["pid"] = ended.Pid,
            ["tunnels-reset"] = ended.TunnelsReset,
        },
        DrainEnd.Failed failed => new JsonObject { ["in-order"] = false, ["problem"] = failed.Problem },
        _ => throw new ArgumentOutOfRangeException(nameof(end), end, null),
    };

    /// <summary>Null where the configuration does not tell.</summary>
    private static Target? TargetOf(string[] files, TextWriter error)
    {
        switch (new ConfigurationLoader(Environment.GetEnvironmentVariable, Environment.CurrentDirectory, TimeProvider.System).Load(files, []))
        {
            case ConfigurationOutcome.Loaded { Admin: { Bind.Port: not 0 } admin, Node.Name: var name }:
                return new Target(admin.Bind, name);
            case ConfigurationOutcome.Loaded loaded:
                var why = loaded.Admin is null ? "admin.bind is not set" : "admin.bind has port 0, which is another one at each start";
                error.WriteLine($"drain: {string.Join(", ", files)}: {why}; --admin A:P says where the node's admin server listens");
                return null;
            case ConfigurationOutcome.Rejected rejected:
                ConfigurationArguments.WriteMistakes(rejected.Mistakes, error);
                return null;
            case var outcome:
                throw new ArgumentOutOfRangeException(nameof(files), outcome, null);
        }
    }

    /// <summary>Which node is meant.</summary>
    /// <param name="Admin">Where its admin server listens.</param>
    /// <param name="Name">Its name, where a configuration has it.</param>
    private sealed record Target(IPEndPoint Admin, string? Name);
}
