using System.CommandLine;
using System.CommandLine.Invocation;
using System.Net.Sockets;
using ActorTunnel.Benchmarks.Driving;
using ActorTunnel.Benchmarks.Harness;
using ActorTunnel.Benchmarks.Harness.Links;
using ActorTunnel.Benchmarks.Harness.Origins;
using ActorTunnel.Benchmarks.Harness.Reports;
using ActorTunnel.Benchmarks.Harness.Results;
using ActorTunnel.Benchmarks.Harness.Stock;
using ActorTunnel.Benchmarks.Harness.Works;
using BenchmarkDotNet.Running;

var root = new RootCommand("Load driver and micro-benchmarks of ActorTunnel")
{
    ExactDrive.CreateCommand(),
    BrokenDrive.CreateCommand(),
    SoakDrive.CreateCommand(),
    NeighboursDrive.CreateCommand(),
    ArrivalsDrive.CreateCommand(),
    OriginCommand.CreateCommand(),
    BenchCommand.CreateCommand(),
    LinkCommand.CreateCommand(),
    StockCommand.CreateCommand(),
    NoteCommand.CreateNote(),
    NoteCommand.CreateSkip(),
    ReportCommand.CreateCommand(),
};
var micro = new Command("micro", "Runs BenchmarkDotNet in this process; what follows is passed on to it") { TreatUnmatchedTokensAsErrors = false };
micro.SetAction(arguments => BenchmarkSwitcher.FromAssembly(typeof(SoakDrive).Assembly).Run([.. arguments.UnmatchedTokens, "--inProcess"]));
root.Add(micro);
var parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction mistake)
{
    mistake.ShowHelp = false;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is DriveFailure or IOException or SocketException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(e.Message); // What cannot be done here: a file, an address, a chain.
    return 1;
}
