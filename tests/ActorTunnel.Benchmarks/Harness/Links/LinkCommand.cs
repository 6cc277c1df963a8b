using System.CommandLine;
using System.Net;
using ActorTunnel.Benchmarks.Driving;
using ActorTunnel.Benchmarks.Harness.Polling;
using ActorTunnel.Benchmarks.Harness.Works;

namespace ActorTunnel.Benchmarks.Harness.Links;

/// <summary>The link as a process of its own: <c>link --listen 127.0.0.1:1 --to 127.0.0.1:2 --round-trip 50 --megabits 1000</c>. It runs until it is killed.</summary>
internal static class LinkCommand
{
    private static readonly TimeSpan LongWait = TimeSpan.FromMinutes(1);

    public static Command CreateCommand()
    {
        var listen = DriveOptions.Address("--listen", "Where to accept connections");
        var to = DriveOptions.Address("--to", "Whom to connect to for each");
        var roundTrip = BenchOptions.AtLeast("--round-trip", "Milliseconds for both ways together", 0, 50.0);
        var megabits = BenchOptions.AtLeast("--megabits", "Mbit/s of each direction, for all connections together", 1, 1000.0);
        var command = new Command("link", "A relay with the delay and the bandwidth of a long link, for bench") { listen, to, roundTrip, megabits };
        command.SetAction(parsed => Serve(
            parsed.GetRequiredValue(listen),
            parsed.GetRequiredValue(to),
            TimeSpan.FromMilliseconds(parsed.GetValue(roundTrip) / 2),
            parsed.GetValue(megabits) * 1e6));
        return command;
    }

    private static void Serve(IPEndPoint listen, IPEndPoint to, TimeSpan delay, double bitsPerSecond)
    {
        using var poller = new Poller();
        var relay = new LinkRelay(poller, listen, to, delay, bitsPerSecond);
        while (true)
        {
            relay.Turn(LongWait);
        }
    }
}
