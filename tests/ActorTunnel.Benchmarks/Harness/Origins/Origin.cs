using System.Diagnostics;
using System.Net;
using ActorTunnel.Benchmarks.Harness.Bytes;
using ActorTunnel.Benchmarks.Harness.Polling;

namespace ActorTunnel.Benchmarks.Harness.Origins;

/// <summary>What all chains end at: each connection says by its greeting what is to be done there. One thread, one buffer.</summary>
internal sealed class Origin
{
    private readonly HashSet<OriginConnection> _sources = [];
    private readonly HashSet<OriginConnection> _stalled = [];

    public Origin(Poller poller, IPEndPoint address)
    {
        _ = new PolledListener(poller, address, descriptor => _ = new OriginConnection(this, poller, descriptor));
    }

    /// <summary>For whatever a connection reads; it is used up before the next connection acts.</summary>
    public byte[] Buffer { get; } = new byte[BulkPattern.Piece];

    public long Received { get; set; }

    public long Late { get; set; }

    public long Sent { get; set; }

    public long Wrong { get; set; }

    public long Open { get; set; }

    public long Broken { get; set; }

    public OriginCounts Counts => new(Stopwatch.GetTimestamp(), Received, Late, Sent, Wrong, Open, Broken);

    public void BeginSource(OriginConnection source) => _sources.Add(source);

    public void BeginStall(OriginConnection stalled) => _stalled.Add(stalled);

    public void Forget(OriginConnection connection)
    {
        _sources.Remove(connection);
        _stalled.Remove(connection);
    }

    public void StopSources()
    {
        foreach (var source in _sources)
        {
            source.StopSending();
        }

        _sources.Clear();
    }

    public void ReleaseStalled()
    {
        foreach (var stalled in _stalled)
        {
            stalled.Release();
        }

        _stalled.Clear();
    }
}
