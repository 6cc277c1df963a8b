namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>A figure that a work yields.</summary>
/// <param name="Key">In results.</param>
/// <param name="Title">With its unit, for the table.</param>
/// <param name="Format">As of numbers.</param>
internal sealed record FigureShape(string Key, string Title, string Format);

/// <summary>What is done on a chain, without how: what results, table and plot know of it.</summary>
/// <param name="Name">In results.</param>
/// <param name="Group">What <c>--works</c> chooses by.</param>
/// <param name="Title">For the table; <c>{0}</c> is the number of tunnels.</param>
/// <param name="HigherIsBetter">Of the first figure.</param>
/// <param name="Figures">The first one is what chains are compared by.</param>
internal sealed record WorkShape(string Name, string Group, string Title, bool HigherIsBetter, IReadOnlyList<FigureShape> Figures)
{
    private static readonly FigureShape Gigabits = new("gbits", "Gbit/s", "0.00");
    private static readonly FigureShape Rate = new("rate", "a second", "0");
    private static readonly FigureShape Median = new("p50", "p50 µs", "0");
    private static readonly FigureShape Tail = new("p99", "p99 µs", "0");

    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<WorkShape> All { get; } =
    [
        new("bulk", "bulk", "Bulk one way, tunnels: {0}", HigherIsBetter: true, [Gigabits]),
        new("bulk-both", "bulk", "Bulk both ways, tunnels: {0} (sum of both)", HigherIsBetter: true, [Gigabits]),
        new("messages", "messages", "64-byte request and response, tunnels: {0}", HigherIsBetter: true, [Rate, Median, Tail]),
        new("messages-beside", "beside", "The same beside one bulk tunnel, tunnels: {0}", HigherIsBetter: true, [Rate, Median, Tail, Gigabits]),
        new("opens", "opens", "Tunnels opened, one exchange, closed; at once: {0}", HigherIsBetter: true, [Rate, Median, Tail]),
        new("stalled", "stalled", "Bulk beside a stalled tunnel, fast tunnels: {0}", HigherIsBetter: true,
        [
            new("gbits", "Gbit/s", "0.00"),
            new("alone", "alone", "0.00"),
            new("loss", "% less", "0.0"),
        ]),
        new("idle", "idle", "Idle tunnels: {0}", HigherIsBetter: false,
        [
            new("kb", "kB a tunnel, greater", "0.0"),
            new("kb-front", "front", "0.0"),
            new("kb-back", "back", "0.0"),
            new("cpu-front", "% of a core, front", "0.0"),
            new("cpu-back", "back", "0.0"),
        ]),
        new("link-bulk", "link", "Bulk one way over the link, tunnels: {0}", HigherIsBetter: true, [Gigabits]),
        new("link-messages", "link", "64-byte request and response over the link, tunnels: {0}", HigherIsBetter: true, [Rate, Median, Tail]),
    ];

    public static WorkShape Of(string name) => All.Single(shape => shape.Name == name);
}
