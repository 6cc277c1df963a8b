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
            _tunnels.Add(new BulkTunnel(bench.Poller, bench.Entrance, firstNumber + i, role, bench.Buffer));
        }

        var before = bench.Since().Open;
        bench.Poller.Until(
            () => bench.Since().Open >= before + tunnels, Bench.Patience, () => $"only {bench.Since().Open - before} of {tunnels} tunnels reached the origin");
    }

    private long Sent => _tunnels.Sum(tunnel => tunnel.Sent);

    private long Received => _tunnels.Sum(tunnel => tunnel.Received);

    /// <summary>The origin's own clock is used, so that it does not matter how long its answer took.</summary>
    public void BeginCount()
    {
        var counts = _bench.Since();
        (_receivedThere, _receivedHere, _at) = (counts.Received, Received, counts.At);
    }

    /// <summary>What arrived since <see cref="BeginCount"/>, of both directions, in Gbit/s.</summary>
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
            () => _bench.Since() is var counts && (counts.Wrong > 0 || (counts.Received == Sent && counts.Sent == Received)),
            Bench.Patience,
            () => $"{Sent - _bench.Since().Received} bytes to the origin and {_bench.Since().Sent - Received} bytes from it did not arrive");
        _tunnels.ForEach(tunnel => tunnel.End());
        _bench.ExpectAllEnded();
    }
}
