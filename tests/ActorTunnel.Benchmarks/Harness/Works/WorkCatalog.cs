using ActorTunnel.Benchmarks.Harness.Bytes;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>All works.</summary>
internal static class WorkCatalog
{
    private static readonly TimeSpan BulkAhead = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LinkAhead = TimeSpan.FromSeconds(2);

    /// <summary>What <c>--works</c> may name.</summary>
    public static IReadOnlyList<string> Groups { get; } = [.. WorkShape.All.Select(shape => shape.Group).Distinct()];

    /// <param name="groups">Of <see cref="Groups"/>.</param>
    /// <param name="idleTunnels">How many idle ones.</param>
    public static IReadOnlyList<Work> Of(IReadOnlyCollection<string> groups, int idleTunnels)
    {
        Work[] all =
        [
            new BulkWork("bulk", 1, OriginRole.Sink, BulkAhead),
            new BulkWork("bulk", 8, OriginRole.Sink, BulkAhead),
            new BulkWork("bulk", 64, OriginRole.Sink, BulkAhead),
            new BulkWork("bulk-both", 1, OriginRole.SinkAndSource, BulkAhead),
            new BulkWork("bulk-both", 8, OriginRole.SinkAndSource, BulkAhead),
            new BulkWork("bulk-both", 64, OriginRole.SinkAndSource, BulkAhead),
            new MessagesWork("messages", 1, IsBesideBulk: false),
            new MessagesWork("messages", 100, IsBesideBulk: false),
            new MessagesWork("messages", 1000, IsBesideBulk: false),
            new MessagesWork("messages-beside", 1, IsBesideBulk: true),
            new MessagesWork("messages-beside", 100, IsBesideBulk: true),
            new MessagesWork("messages-beside", 1000, IsBesideBulk: true),
            new OpensWork(16),
            new StalledWork(BulkAhead),
            new IdleWork(idleTunnels),
            new BulkWork("link-bulk", 1, OriginRole.Sink, LinkAhead),
            new BulkWork("link-bulk", 8, OriginRole.Sink, LinkAhead),
            new MessagesWork("link-messages", 100, IsBesideBulk: false),
        ];
        return [.. all.Where(work => groups.Contains(WorkShape.Of(work.Shape).Group))];
    }

    /// <summary>Some of everything, so that a chain that was just started is compiled and has its connections; nothing of it is reported.</summary>
    public static IReadOnlyList<Work> WarmUp { get; } =
    [
        new BulkWork("bulk-both", 4, OriginRole.SinkAndSource, TimeSpan.Zero),
        new MessagesWork("messages", 50, IsBesideBulk: false),
        new OpensWork(16),
    ];
}
