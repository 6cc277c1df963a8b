using ActorTunnel.Benchmarks.Harness.Statistics;
using ActorTunnel.Benchmarks.Harness.Tunnels;

namespace ActorTunnel.Benchmarks.Harness.Works;

/// <summary>Tunnels with requests and responses, one at a time on each.</summary>
internal sealed class MessageTraffic
{
    private readonly Bench _bench;
    private readonly int _tunnels;
    private readonly LatencyHistogram _times = new();
    private bool _isEnding;
    private int _answered;
    private int _ended;

    public MessageTraffic(Bench bench, int tunnels)
    {
        _bench = bench;
        _tunnels = tunnels;
        for (var i = 0; i < tunnels; i++)
        {
            var isFirst = true;
            _ = new MessageTunnel(bench.Poller, bench.Entrance, i, Next, () => _ended++);

            AfterAnswer Next(TimeSpan time)
            {
                _answered += isFirst ? 1 : 0;
                isFirst = false;
                _times.Add(time);
                return _isEnding ? AfterAnswer.End : AfterAnswer.Ask;
            }
        }

        bench.Poller.Until(() => _answered == tunnels, Bench.Patience, () => $"only {_answered} of {tunnels} tunnels had an answer");
    }

    public void BeginCount() => _times.Clear();

    /// <summary>Since <see cref="BeginCount"/>.</summary>
    public Dictionary<string, double> FiguresOf(double seconds) => new()
    {
        ["rate"] = _times.Count / seconds,
        ["p50"] = _times.Microseconds(0.5),
        ["p99"] = _times.Microseconds(0.99),
    };

    /// <summary>Each tunnel ends after its answer.</summary>
    public void Finish()
    {
        _isEnding = true;
        _bench.Poller.Until(() => _ended == _tunnels, Bench.Patience, () => $"only {_ended} of {_tunnels} tunnels ended");
    }
}
