using System.Diagnostics;
using System.Net;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Links;

/// <summary>
/// A link between two processes of a chain: TCP connections, whose bytes share one rate a direction and arrive a delay later. A connection itself is made at once.
/// One thread.
/// </summary>
internal sealed class LinkRelay
{
    private static readonly TimeSpan Queue = TimeSpan.FromMilliseconds(5);

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <param name="poller">Who serves it.</param>
    /// <param name="listen">Where to accept.</param>
    /// <param name="to">Whom to connect to for each.</param>
    /// <param name="delay">One way.</param>
    /// <param name="bitsPerSecond">Of each direction.</param>
    public LinkRelay(Poller poller, IPEndPoint listen, IPEndPoint to, TimeSpan delay, double bitsPerSecond)
    {
        Poller = poller;
        There = new LinkDirection(new LinkSchedule(delay, bitsPerSecond, Queue));
        Back = new LinkDirection(new LinkSchedule(delay, bitsPerSecond, Queue));
        _ = new PolledListener(poller, listen, accepted => LinkSocket.Join(this, accepted, to));
    }

    public Poller Poller { get; }

    public LinkBuffers Buffers { get; } = new();

    public LinkDirection There { get; }

    public LinkDirection Back { get; }

    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Waits for something to happen or to be due, at most so long, and does it.</summary>
    public void Turn(TimeSpan atMost)
    {
        var now = Now;
        var wait = atMost;
        foreach (var next in new[] { There.NextAt(now), Back.NextAt(now) }.OfType<TimeSpan>())
        {
            wait = next < now + wait ? next - now : wait;
        }

        Poller.Turn(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        There.Advance(Now);
        Back.Advance(Now);
    }
}
