using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Tunnels;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>
/// Tunnels that have had one exchange and do nothing: memory that came with them, and CPU meanwhile. For a chain that was just started, since a process
/// that has had much to do keeps memory for it.
/// </summary>
/// <param name="Tunnels">How many.</param>
internal sealed record IdleWork(int Tunnels) : Work("idle", Tunnels)
{
    private const int AtOnce = 64;
    private const int Rehearsed = 200;
    private const double BytesPerMiB = 1024 * 1024;

    /// <summary>What is done once only, such as compiling, is not the tunnels' memory.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    public override Measured Run(Bench bench)
    {
        End(bench, Open(bench, Rehearsed));
        bench.Poller.For(Settling);
        var before = bench.Look();
        var tunnels = Open(bench, Tunnels);
        bench.Poller.For(Settling);
        var seconds = 0.0;
        var used = bench.Measure(() => { }, elapsed => seconds = elapsed);
        End(bench, tunnels);
        var figures = new Dictionary<string, double>();
        foreach (var part in new[] { "front", "back" }.Where(used.ContainsKey))
        {
            figures[$"kb-{part}"] = (used[part].ResidentMiB - before[part].ResidentMiB) * BytesPerMiB / 1000 / Tunnels;
            figures[$"cpu-{part}"] = used[part].CpuSeconds / seconds * 100;
            figures["kb"] = Math.Max(figures.GetValueOrDefault("kb"), figures[$"kb-{part}"]);
        }

        return new Measured(figures, used);
    }

    private static List<MessageTunnel> Open(Bench bench, int count)
    {
        var tunnels = new List<MessageTunnel>(count);
        var answered = 0;
        bench.Poller.Until(
            () =>
            {
                while (tunnels.Count < count && tunnels.Count - answered < AtOnce)
                {
                    tunnels.Add(new MessageTunnel(bench.Poller, bench.Entrance, tunnels.Count, _ =>
                    {
                        answered++;
                        return AfterAnswer.Rest;
                    }));
                }

                return answered == count;
            },
            Bench.Patience * 2,
            () => $"only {answered} of {count} tunnels had an answer");
        return tunnels;
    }

    private static void End(Bench bench, List<MessageTunnel> tunnels)
    {
        tunnels.ForEach(tunnel => tunnel.End());
        bench.Poller.Until(
            () => tunnels.TrueForAll(tunnel => tunnel.IsClosed), Bench.Patience, () => $"{tunnels.Count(tunnel => !tunnel.IsClosed)} tunnels did not end");
        bench.ExpectAllEnded();
    }
}
