using System.CommandLine;

namespace ActorTunnel.Benchmarks.Harness.Results;

/// <summary>Lines of a results file that only the script knows: the conditions, and chains that it could not start.</summary>
internal static class NoteCommand
{
    public static Command CreateNote()
    {
        var results = Results();
        var words = new Argument<string>("words") { Description = "Cores, kernel, versions, limits" };
        var command = new Command("note", "Appends to a results file under what conditions it was measured") { results, words };
        command.SetAction(parsed => ResultFile.Append(parsed.GetRequiredValue(results), new BenchSetup(parsed.GetRequiredValue(words))));
        return command;
    }

    public static Command CreateSkip()
    {
        var results = Results();
        var chain = new Option<string>("--chain") { Description = "Its name", Required = true };
        var reason = new Argument<string>("reason") { Description = "Why it was not measured" };
        var command = new Command("skip", "Appends to a results file that a chain was skipped") { results, chain, reason };
        command.SetAction(parsed => ResultFile.Append(
            parsed.GetRequiredValue(results), new BenchSkip(parsed.GetRequiredValue(chain), Work: null, Tunnels: 0, parsed.GetRequiredValue(reason))));
        return command;
    }

    private static Option<string> Results() => new("--results") { Description = "The file", Required = true };
}
