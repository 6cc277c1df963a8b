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
            Description = "The node's configuration files, instead of --admin: their admin.bind says where its admin server listens",
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
            var address = parsed.GetValue(admin);
            if (address is null && !TryRead(parsed.GetValue(files)!, console.Error, out address))
            {
                return ExitCode.Mistake;
            }

            return await RunAsync(address!, parsed.GetValue(json), console.Output, console.Error, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(IPEndPoint address, bool json, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using var client = new AdminClient(address);
        Action<string> say = json ? _ => { } : output.WriteLine;
        DrainEnd end;
        try
        {
            end = await new DrainRun(client, say, TimeProvider.System).RunAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C ends the looking on alone.
            await error.WriteLineAsync("drain: not followed any further; the node goes on with it");
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

    private static bool TryRead(string[] files, TextWriter error, out IPEndPoint? address)
    {
        address = null;
        switch (new ConfigurationLoader(Environment.GetEnvironmentVariable, Environment.CurrentDirectory, TimeProvider.System).Load(files, []))
        {
            case ConfigurationOutcome.Loaded { Admin: { Bind.Port: not 0 } admin }:
                address = admin.Bind;
                return true;
            case ConfigurationOutcome.Loaded loaded:
                var why = loaded.Admin is null ? "admin.bind is not set" : "admin.bind has port 0, which is another one at each start";
                error.WriteLine($"drain: {string.Join(", ", files)}: {why}; --admin A:P says where the node's admin server listens");
                return false;
            case ConfigurationOutcome.Rejected rejected:
                ConfigurationArguments.WriteMistakes(rejected.Mistakes, error);
                return false;
            case var outcome:
                throw new ArgumentOutOfRangeException(nameof(files), outcome, null);
        }
    }
}
