using System.Diagnostics;
using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Origins;
using ActorTunnel.Benchmarks.Harness.Polling;
using ActorTunnel.Benchmarks.Harness.Processes;
using ActorTunnel.Benchmarks.Harness.Tunnels;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>What a work works with: one chain, with everything to drive and to watch it.</summary>
internal sealed class Bench : IDisposable
{
    /// <summary>For whatever takes no time when all is well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>For what came while the driver looked elsewhere.</summary>
    private static readonly TimeSpan CatchingUp = TimeSpan.FromMilliseconds(50);

    private readonly OriginControl _origin;
    private readonly ProcessWatch _processes;
    private readonly TimeSpan _length;
    private readonly OriginCounts _before;

    /// <param name="entrance">The chain's.</param>
    /// <param name="origin">The origin behind it.</param>
    /// <param name="processes">The chain's, the origin and the driver.</param>
    /// <param name="length">How long to measure.</param>
    public Bench(Entrance entrance, OriginControl origin, ProcessWatch processes, TimeSpan length)
    {
        Entrance = entrance;
        _origin = origin;
        _processes = processes;
        _length = length;
        try
        {
            Poller.Until(() => origin.Ask().Open == 0, Patience, () => $"{origin.Ask().Open} tunnels of what was before are still open at the origin");
        }
        catch (DriveFailure)
        {
            Poller.Dispose();
            throw;
        }

        _before = origin.Ask();
    }

    public Entrance Entrance { get; }

    public Poller Poller { get; } = new();

    /// <summary>For what bulk tunnels read.</summary>
    public byte[] Buffer { get; } = new byte[BulkPattern.Piece];

    /// <summary>What the origin has seen in this work.</summary>
    public OriginCounts Since()
    {
        var now = _origin.Ask();
        return now with
        {
            Received = now.Received - _before.Received,
            Late = now.Late - _before.Late,
            Sent = now.Sent - _before.Sent,
            Wrong = now.Wrong - _before.Wrong,
            Broken = now.Broken - _before.Broken,
        };
    }

    public void StopSources() => _origin.StopSources();

    public void ReleaseStalled() => _origin.ReleaseStalled();

    /// <summary>What the processes use and hold at this moment.</summary>
    public IReadOnlyDictionary<string, ProcessUse> Look()
    {
        _processes.Find();
        _processes.Begin();
        return _processes.End();
    }

    /// <summary>Does a work once; wrong bytes at the origin are why it failed, whatever else they led to.</summary>
    public Measured Do(Work work)
    {
        try
        {
            var measured = work.Run(this);
            return Since().Wrong == 0 ? measured : throw WrongBytes();
        }
        catch (DriveFailure) when (Since().Wrong > 0)
        {
            throw WrongBytes();
        }
    }

    /// <summary>Watches processes and time for the length of the bench, while the tunnels work.</summary>
    /// <param name="begin">Called at the beginning.</param>
    /// <param name="end">Called at the end, with the seconds between the two.</param>
    public IReadOnlyDictionary<string, ProcessUse> Measure(Action begin, Action<double> end)
    {
        _processes.Find();
        Poller.For(CatchingUp);
        _processes.Begin();
        begin();
        var clock = Stopwatch.StartNew();
        Poller.For(_length);
        end(clock.Elapsed.TotalSeconds);
        return _processes.End();
    }

    /// <summary>Waits until the origin has no tunnel of this work any more, and none was broken.</summary>
    public void ExpectAllEnded()
    {
        Poller.Until(() => Since().Open == 0, Patience, () => $"{Since().Open} tunnels are still open at the origin", () => Since().Open);
        var counts = Since();
        if (Entrance.KnowsHalfClose && counts.Broken > 0)
        {
            throw new DriveFailure($"{counts.Broken} tunnels ended in a reset at the origin");
        }
    }

    public void Dispose() => Poller.Dispose();

    private DriveFailure WrongBytes() => new($"wrong bytes arrived at the origin, on {Since().Wrong} tunnels");
}
