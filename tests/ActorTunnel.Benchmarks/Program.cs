using System.CommandLine;
using ActorTunnel.Benchmarks.Driving;
using BenchmarkDotNet.Running;

var root = new RootCommand("Load driver and micro-benchmarks of ActorTunnel")
{
    BulkDrive.CreateCommand(),
    ExactDrive.CreateCommand(),
    BrokenDrive.CreateCommand(),
    SoakDrive.CreateCommand(),
    NeighboursDrive.CreateCommand(),
    ArrivalsDrive.CreateCommand(),
};
var micro = new Command("micro", "Runs BenchmarkDotNet; what follows is passed on to it") { TreatUnmatchedTokensAsErrors = false };
micro.SetAction(parsed => BenchmarkSwitcher.FromAssembly(typeof(BulkDrive).Assembly).Run([.. parsed.UnmatchedTokens]));
root.Add(micro);
return await root.Parse(args).InvokeAsync();
