using System.Collections.Immutable;

namespace ActorTunnel.Proxy.Settings;

/// <summary>All that one process does, validated: every upstream that is named exists, every certificate was readable.</summary>
public sealed record NodeSettings
{
    /// <summary>The node's name in logs; <c>[a-z][a-z0-9-]*</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The bound addresses, at least one.</summary>
    public required ImmutableArray<ListenerSettings> Listeners { get; init; }

    /// <summary>Whom listeners may send tunnels to, by unique name.</summary>
    public required ImmutableArray<UpstreamSettings> Upstreams { get; init; }

    /// <summary>Limits that hold for the whole process.</summary>
    public Limits Limits { get; init; } = new();

    /// <summary>Threads that carry the bytes; 0: the thread pool's do.</summary>
    public int EventLoops { get; init; } = Environment.ProcessorCount;

    /// <summary>How long an event loop asks for events before it sleeps, where its waits have lately been shorter; zero: it sleeps at once.</summary>
    public TimeSpan EventLoopPolling { get; init; } = TimeSpan.FromMicroseconds(100);

    /// <summary>How long a stop waits for tunnels to end before it resets them.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
