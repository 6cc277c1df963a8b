using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Processes;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>As much as goes.</summary>
/// <param name="Shape">Name of its shape.</param>
/// <param name="Tunnels">How many at once.</param>
/// <param name="Role">The origin's part.</param>
/// <param name="Ahead">How long before it is measured, so that windows have grown.</param>
internal sealed record BulkWork(string Shape, int Tunnels, OriginRole Role, TimeSpan Ahead) : Work(Shape, Tunnels)
{
    public override Measured Run(Bench bench)
    {
        var traffic = new BulkTraffic(bench, Tunnels, Role);
        bench.Poller.For(Ahead);
        var gigabits = 0.0;
        IReadOnlyDictionary<string, ProcessUse> used = bench.Measure(traffic.BeginCount, _ => gigabits = traffic.GigabitsSince());
        traffic.Finish();
        return new Measured(new Dictionary<string, double> { ["gbits"] = gigabits }, used);
    }
}
