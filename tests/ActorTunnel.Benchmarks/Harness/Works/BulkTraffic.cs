using System.Diagnostics;
using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Origins;
using ActorTunnel.Benchmarks.Harness.Tunnels;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>Bulk tunnels that run beside each other.</summary>
internal sealed class BulkTraffic
{
    private readonly Bench _bench;
    private readonly List<BulkTunnel> _tunnels = [];
    private long _receivedThere;
    private long _receivedHere;
    private long _at;

    /// <param name="bench">Where.</param>
    /// <param name="tunnels">How many.</param>
    /// <param name="role">The origin's part.</param>
    /// <param name="firstNumber">Of the tunnels.</param>
    public BulkTraffic(Bench bench, int tunnels, OriginRole role, int firstNumber = 0)
    {
        _bench = bench;
        for (var i = 0; i < tunnels; i++)
        {
            Add(firstNumber + i, role);
        }

        bench.Poller.Until(() => bench.Since().Open >= tunnels, Bench.Patience, () => $"only {bench.Since().Open} of {tunnels} tunnels reached the origin");
    }

    private long Sent => _tunnels.Sum(tunnel => tunnel.Sent);

    private long Received => _tunnels.Sum(tunnel => tunnel.Received);

    /// <summary>One more.</summary>
    public BulkTunnel Add(int number, OriginRole role)
    {
        var tunnel = new BulkTunnel(_bench.Poller, _bench.Entrance, number, role, _bench.Buffer);
        _tunnels.Add(tunnel);
        return tunnel;
    }

    /// <summary>The origin's own clock is used, so that it does not matter how long its answer took.</summary>
    public void BeginCount()
    {
        var counts = _bench.Since();
        (_receivedThere, _receivedHere, _at) = (counts.Received, Received, counts.At);
    }

    /// <summary>What arrived since <see cref="BeginCount"/>, of both directions, in Gbit/s; without what had been stalled.</summary>
    public double GigabitsSince()
    {
        var counts = _bench.Since();
        var bytes = counts.Received - _receivedThere + Received - _receivedHere;
        return bytes * 8 / Stopwatch.GetElapsedTime(_at, counts.At).TotalSeconds / 1e9;
    }

    /// <summary>Stops sending, waits until every byte has arrived, and ends the tunnels.</summary>
    public void Finish()
    {
        _tunnels.ForEach(tunnel => tunnel.StopSending());
        _bench.StopSources();
        _bench.Poller.Until(
            () => _bench.Since() is var counts && (counts.Wrong > 0 || (counts.Received + counts.Late == Sent && counts.Sent == Received)),
            Bench.Patience,
            () => $"{Sent - _bench.Since().Received - _bench.Since().Late} bytes to the origin and {_bench.Since().Sent - Received} bytes from it did not arrive",
            () => _bench.Since().Received + Received);
        _tunnels.ForEach(tunnel => tunnel.End());
        _bench.ExpectAllEnded();
    }
}
