using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace ActorTunnel.Host.Commands;

/// <summary><c>--admin</c>: which node is meant, by its admin server.</summary>
internal static class AdminOption
{
    /// <param name="command">Takes the option.</param>
    /// <param name="standard">Where it is left out; null: it is null then.</param>
    public static Option<IPEndPoint?> AddTo(Command command, IPEndPoint? standard)
    {
        var option = new Option<IPEndPoint?>("--admin")
        {
            Description = $"Where the node's admin server listens{(standard is null ? "" : $"; {standard}, as in config/seed.conf, where it is left out")}",
            HelpName = "A:P",
            CustomParser = Parse,
            DefaultValueFactory = _ => standard,
        };
        command.Options.Add(option);
        return option;
    }

    private static IPEndPoint? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (AdminClient.Address.Parse(text, out var address) is { } problem)
        {
            result.AddError($"--admin {text}: {problem}; allowed: {AdminClient.Address.Allowed}");
            return null;
        }

        return address;
    }
}
