using System.CommandLine;
using System.Net;
using ActorTunnel.Benchmarks.Driving;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Origins;

/// <summary>The origin as a process of its own: <c>origin --listen 127.0.0.1:5400</c>. It runs until it is killed.</summary>
internal static class OriginCommand
{
    private static readonly TimeSpan LongWait = TimeSpan.FromMinutes(1);

    public static Command CreateCommand()
    {
        var listen = DriveOptions.Address("--listen", "Where to listen");
        var command = new Command("origin", "The origin behind all chains, for bench") { listen };
        command.SetAction(parsed => Serve(parsed.GetRequiredValue(listen)));
        return command;
    }

    private static void Serve(IPEndPoint address)
    {
        using var poller = new Poller();
        _ = new Origin(poller, address);
        while (true)
        {
            poller.Turn(LongWait);
        }
    }
}
