using System.Diagnostics;
using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Statistics;
using ActorTunnel.Benchmarks.Harness.Tunnels;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>Tunnels that are opened, carry one request and its response, and are closed; as one is over the next one comes.</summary>
/// <param name="Tunnels">How many at once.</param>
internal sealed record OpensWork(int Tunnels) : Work("opens", Tunnels)
{
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(0.3);

    public override int Held => 1;

    public override Measured Run(Bench bench)
    {
        var opening = new Opening(bench);
        for (var i = 0; i < Tunnels; i++)
        {
            opening.Open();
        }

        bench.Poller.For(Ahead);
        Dictionary<string, double> figures = [];
        IReadOnlyDictionary<string, ProcessUse> used = bench.Measure(opening.Times.Clear, seconds => figures = new()
        {
            ["rate"] = opening.Times.Count / seconds,
            ["p50"] = opening.Times.Microseconds(0.5),
            ["p99"] = opening.Times.Microseconds(0.99),
        });
        opening.IsOver = true;
        bench.Poller.Until(() => opening.Current == 0, Bench.Patience, () => $"{opening.Current} tunnels did not end");
        bench.ExpectAllEnded();
        return new Measured(figures, used);
    }

    private sealed class Opening(Bench bench)
    {
        private int _next;

        /// <summary>From the connect to the end that the origin answers ours with.</summary>
        public LatencyHistogram Times { get; } = new();

        public bool IsOver { get; set; }

        public int Current { get; private set; }

        public void Open()
        {
            var began = Stopwatch.GetTimestamp();
            Current++;
            _ = new MessageTunnel(bench.Poller, bench.Entrance, _next++, _ => AfterAnswer.End, () =>
            {
                Current--;
                Times.Add(Stopwatch.GetElapsedTime(began));
                if (!IsOver)
                {
                    Open();
                }
            });
        }
    }
}
