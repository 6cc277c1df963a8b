using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Processes;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>Requests and responses of 64 bytes, one at a time on each tunnel.</summary>
/// <param name="Shape">Name of its shape.</param>
/// <param name="Tunnels">How many at once.</param>
/// <param name="IsBesideBulk">Whether a bulk tunnel runs as well. It is opened first, so where tunnels share a session it is in the same as these.</param>
internal sealed record MessagesWork(string Shape, int Tunnels, bool IsBesideBulk) : Work(Shape, Tunnels)
{
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(0.3);

    public override Measured Run(Bench bench)
    {
        var bulk = IsBesideBulk ? new BulkTraffic(bench, 1, OriginRole.Sink, firstNumber: Tunnels) : null;
        var messages = new MessageTraffic(bench, Tunnels);
        bench.Poller.For(Ahead);
        Dictionary<string, double> figures = [];
        IReadOnlyDictionary<string, ProcessUse> used = bench.Measure(
            () =>
            {
                bulk?.BeginCount();
                messages.BeginCount();
            },
            seconds =>
            {
                figures = messages.FiguresOf(seconds);
                if (bulk is not null)
                {
                    figures["gbits"] = bulk.GigabitsSince();
                }
            });
        messages.Finish();
        bulk?.Finish();
        bench.ExpectAllEnded();
        return new Measured(figures, used);
    }
}
