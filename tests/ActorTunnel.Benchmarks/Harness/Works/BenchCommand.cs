using System.CommandLine;
using System.Net;
using ActorTunnel.Benchmarks.Driving;
using ActorTunnel.Benchmarks.Harness.Origins;
using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Results;
using ActorTunnel.Benchmarks.Harness.Tunnels;
using static System.FormattableString;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>Drives one chain through works, once each, and appends what it measured to a results file.</summary>
internal static class BenchCommand
{
    private const double LeastSeconds = 0.1;

    public static Command CreateCommand()
    {
        var chain = new Option<string>("--chain") { Description = "Its name in the results", Required = true };
        var target = DriveOptions.Target();
        var origin = DriveOptions.Address("--origin", "The origin behind the chain (see: origin)");
        var connect = new Option<string?>("--connect") { Description = "The chain wants an HTTP/1.1 CONNECT for this HOST:PORT first" };
        var abrupt = new Option<bool>("--no-half-close") { Description = "The chain cannot end one direction of a tunnel alone" };
        var most = BenchOptions.AtLeast("--most-tunnels", "Works that need more tunnels at once are skipped", 1, int.MaxValue);
        var works = BenchOptions.Works();
        var skip = BenchOptions.Skips();
        var processes = BenchOptions.Processes();
        var run = BenchOptions.AtLeast("--run", "Number of this run", 1, 1);
        var seconds = BenchOptions.AtLeast("--seconds", "How long each work is measured", LeastSeconds, 3);
        var warmUp = BenchOptions.AtLeast("--warm-up", "Seconds of load before the first work", 0, 0.0);
        var idle = BenchOptions.AtLeast("--idle-tunnels", "How many tunnels the work idle opens", 1, 10_000);
        var results = new Option<string>("--results") { Description = "The file that results are appended to", Required = true };
        var command = new Command("bench", "Drives one chain and appends results to a file; exit status 1 when a work failed or a byte was wrong")
        {
            chain, target, origin, connect, abrupt, most, works, skip, processes, run, seconds, warmUp, idle, results,
        };
        command.SetAction(async parsed =>
        {
            var all = new Dictionary<string, int>(parsed.GetRequiredValue(processes)) { ["driver"] = Environment.ProcessId };
            using var control = await OriginControl.ConnectAsync(parsed.GetRequiredValue(origin));
            var drive = new Drive(
                new Entrance(parsed.GetRequiredValue(target), parsed.GetValue(connect), !parsed.GetValue(abrupt)), control, new ProcessWatch(all));
            if (parsed.GetValue(warmUp) is > 0 and var ahead)
            {
                drive.WarmUp(TimeSpan.FromSeconds(ahead / WorkCatalog.WarmUp.Count), SkippedFor);
            }

            var failures = 0;
            foreach (var work in WorkCatalog.Of([.. parsed.GetRequiredValue(works)], parsed.GetValue(idle)))
            {
                BenchLine line = SkippedFor(work) is { } reason
                    ? new BenchSkip(parsed.GetRequiredValue(chain), work.Shape, work.Tunnels, reason)
                    : drive.Once(work, parsed.GetRequiredValue(chain), parsed.GetValue(run), parsed.GetValue(seconds));
                ResultFile.Append(parsed.GetRequiredValue(results), line);
                failures += line is BenchResult { Failure: not null } ? 1 : 0;
                await Console.Error.WriteLineAsync(Words(line));
            }

            return failures == 0 ? 0 : 1;

            string? SkippedFor(Work work) => work.Held > parsed.GetValue(most)
                ? $"at most {parsed.GetValue(most)} tunnels at once"
                : parsed.GetRequiredValue(skip).GetValueOrDefault(WorkShape.Of(work.Shape).Group);
        });
        return command;
    }

    private static string Words(BenchLine line) => line switch
    {
        BenchResult { Failure: { } failure } result => $"{result.Chain}, {result.Work}, {result.Tunnels}: FAILED: {failure}",
        BenchResult result => $"{result.Chain}, {result.Work}, {result.Tunnels}: "
            + string.Join(", ", result.Figures.Select(figure => Invariant($"{figure.Key} {figure.Value:0.##}"))),
        BenchSkip skip => $"{skip.Chain}, {skip.Work}, {skip.Tunnels}: skipped: {skip.Reason}",
        _ => "",
    };

    private sealed class Drive(Entrance entrance, OriginControl control, ProcessWatch processes)
    {
        public void WarmUp(TimeSpan length, Func<Work, string?> skipped)
        {
            foreach (var work in WorkCatalog.WarmUp.Where(work => skipped(work) is null))
            {
                try
                {
                    using var bench = new Bench(entrance, control, processes, length);
                    bench.Do(work);
                }
                catch (DriveFailure e)
                {
                    Console.Error.WriteLine($"warm-up: {work.Shape}: {e.Message}"); // The work itself tells it as its result.
                }
            }
        }

        public BenchResult Once(Work work, string chain, int run, double seconds)
        {
            var none = new BenchResult(
                chain, work.Shape, work.Tunnels, run, seconds, new Dictionary<string, double>(), new Dictionary<string, ProcessUse>(), Failure: null);
            try
            {
                using var bench = new Bench(entrance, control, processes, TimeSpan.FromSeconds(seconds));
                var measured = bench.Do(work);
                return none with { Figures = measured.Figures, Processes = measured.Processes };
            }
            catch (DriveFailure e)
            {
                return none with { Failure = e.Message };
            }
        }
    }
}
