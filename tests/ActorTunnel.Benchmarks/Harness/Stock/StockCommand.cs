using System.CommandLine;
using ActorTunnel.Benchmarks.Driving;

namespace ActorTunnel.Benchmarks.Harness.Stock;

/// <summary>The two processes of a chain that is made of stock parts of .NET, as somebody would write it without this project.</summary>
internal static class StockCommand
{
    public static Command CreateCommand() => new("kestrel-chain", "A chain of Kestrel, HttpClient over HTTP/2, and Kestrel, for bench") { Front(), Back() };

    private static Command Front()
    {
        var listen = DriveOptions.Address("--listen", "Where to take TCP connections");
        var to = DriveOptions.Address("--to", "The back of the chain");
        var authority = File("--ca", "PEM: the CA of its certificate");
        var command = new Command("front", "TCP connections into streaming POSTs") { listen, to, authority };
        command.SetAction(parsed => StockEncapsulator.RunAsync(
            parsed.GetRequiredValue(listen), parsed.GetRequiredValue(to), parsed.GetRequiredValue(authority)));
        return command;
    }

    private static Command Back()
    {
        var listen = DriveOptions.Address("--listen", "Where to take POSTs over HTTP/2 with TLS");
        var origin = DriveOptions.Address("--origin", "Where their bodies go");
        var certificate = File("--cert", "PEM: the certificate");
        var key = File("--key", "PEM: its key");
        var command = new Command("back", "Streaming POSTs into TCP connections") { listen, origin, certificate, key };
        command.SetAction(parsed => StockTerminator.RunAsync(
            parsed.GetRequiredValue(listen), parsed.GetRequiredValue(origin), parsed.GetRequiredValue(certificate), parsed.GetRequiredValue(key)));
        return command;
    }

    private static Option<string> File(string name, string description) => new(name) { Description = description, Required = true };
}
