using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;

namespace ActorTunnel.Host.Commands;

/// <summary><c>actortunnel nodes</c>: the mesh as one of its members sees it.</summary>
internal static class NodesCommand
{
    private static readonly IPEndPoint Seed = new(IPAddress.Loopback, 9904);

    public static Command Create()
    {
        var command = new Command("nodes", "Prints the members of a mesh as a node sees them: address, roles, zone, state, tunnels, load, age of the report.");
        var admin = AdminOption.AddTo(command, Seed);
        var json = JsonOption.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var console = parsed.InvocationConfiguration;
            using var client = new AdminClient(parsed.GetValue(admin)!, TimeProvider.System);
            var reply = await client.GetAsync("nodes", stop);
            if (!parsed.GetValue(json) && reply is AdminReply.Page { Json: { } mesh })
            {
                if (mesh["nodes"] is JsonArray { Count: 0 })
                {
                    await console.Error.WriteLineAsync("nodes: the node has not joined the mesh yet");
                    return ExitCode.Success;
                }

                reply = await client.GetAsync("nodes?format=text", stop);
            }

            switch (reply)
            {
                case AdminReply.Page page:
                    await console.Output.WriteAsync(page.Text);
                    return ExitCode.Success;
                case AdminReply.None none:
                    await console.Error.WriteLineAsync($"nodes: {none.Problem}");
                    return ExitCode.Failure;
                default:
                    throw new InvalidOperationException($"What is {reply}?");
            }
        });
        return command;
    }
}
