using ActorTunnel.Host.Commands;

namespace ActorTunnel.Host.Tests;

/// <summary>What a command line came to.</summary>
internal sealed record CommandLineRun(int Code, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs it in this process, to its end.</summary>
    public static async Task<CommandLineRun> OfAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, output, error, CancellationToken.None);
        return new CommandLineRun(code, output.ToString(), error.ToString());
    }
}
