using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios;

/// <summary>
/// Each of the three links of a tunnel is slow, or breaks, in each direction. What arrives is an exact prefix, a clean end comes only behind
/// everything, and every other end is a reset.
/// </summary>
public sealed class EndsOverFaultyLinks : Story
{
    private const int Length = 200_000;
    private const int ShortLength = 50_000; // Each byte of it may be a segment of its own.

    private static readonly TunnelDirection[] Directions = [TunnelDirection.ToOrigin, TunnelDirection.ToApplication];

    private static readonly (FaultPlan Plan, int Length)[] Gentle =
    [
        (new FaultPlan { Slices = new SliceSizes(1, 7) }, ShortLength),
        (new FaultPlan { Latency = TimeSpan.FromMilliseconds(20), Jitter = TimeSpan.FromMilliseconds(20) }, Length),
        (new FaultPlan { BytesPerSecond = 400_000 }, Length),
        (new FaultPlan { EndDelay = TimeSpan.FromMilliseconds(300) }, Length),
    ];

    public static readonly TheoryData<Security, Link> Links = new()
    {
        { Security.Cleartext, Link.Application },
        { Security.Cleartext, Link.Session },
        { Security.Cleartext, Link.Origin },
        { Security.Tls, Link.Application },
        { Security.Tls, Link.Session },
        { Security.Tls, Link.Origin },
    };

    [Theory]
    [MemberData(nameof(Links))]
    public async Task Slices_of_1_to_7_bytes_latency_a_narrow_cable_and_a_slow_close_change_no_byte_and_no_end(Security security, Link link)
    {
        var cases = Directions.SelectMany(direction => Gentle.Select(gentle => (Faults: In(direction, gentle.Plan), gentle.Length))).ToArray();
        var topology = await StartAsync(security, link, [.. cases.Select(c => c.Faults)]);
        using var transfers = await topology.OpenAsync(cases.Length, number => cases[number].Length);

        await Task.WhenAll(transfers.All.Select(transfer => transfer.ExpectCompleteAsync()));

        var sent = cases.Sum(c => c.Length);
        foreach (var node in new[] { topology.Encapsulator, topology.Terminator })
        {
            await node.CountsAsync("tunnels.bytes{direction=to-upstream}", sent);
            await node.CountsAsync("tunnels.bytes{direction=to-downstream}", sent);
            Assert.All(node.AccessLog, entry => Assert.Equal(
                ("clean/downstream", "clean/upstream"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString())));
        }
    }

    /// <summary>The last of the ten comes behind the last byte, and before the FIN.</summary>
    [Theory]
    [MemberData(nameof(Links))]
    public async Task A_reset_at_each_tenth_of_a_transfer_is_a_reset(Security security, Link link)
    {
        var cases = (from direction in Directions from tenth in Enumerable.Range(1, 10) select (Direction: direction, At: tenth * Length / 10)).ToArray();
        var topology = await StartAsync(
            security, link, [.. cases.Select(c => In(c.Direction, Cut(CutKind.Reset, CutPoint.After(c.At))))]);
        using var transfers = await topology.OpenAsync(cases.Length, _ => Length);

        await Task.WhenAll(transfers.All.Select((transfer, i) => transfer.ExpectBrokenAsync(cases[i].Direction)));

        Assert.Equal(cases.Length, topology.Pipe.CutsReached);
    }

    [Theory]
    [MemberData(nameof(Links))]
    public async Task What_hangs_and_is_then_reset_is_a_reset(Security security, Link link)
    {
        var cases = Directions.Select(direction => In(direction, Cut(CutKind.Hang, CutPoint.After(Length / 2)))).ToArray();
        var topology = await StartAsync(security, link, cases);
        using var transfers = await topology.OpenAsync(cases.Length, _ => Length);

        var running = transfers.All.Select((transfer, i) => transfer.ExpectBrokenAsync(Directions[i])).ToList();
        await Eventually.TrueAsync(() => topology.Pipe.CutsReached == cases.Length, () => "the pipe did not come to where it hangs");
        Assert.DoesNotContain(running, transfer => transfer.IsCompleted);
        topology.Pipe.ResetAll();

        await Task.WhenAll(running);
    }

    /// <summary>Such an end is none of the streams' (RFC 9113 §5.1): only END_STREAM is. Inside a record there is no close_notify either.</summary>
    [Theory]
    [InlineData(Security.Tls)]
    [InlineData(Security.Cleartext)]
    public async Task A_FIN_on_the_session_s_link_at_and_inside_a_record_is_a_reset_of_its_tunnels(Security security)
    {
        var cases = (from direction in Directions from bytes in new[] { 0, 3, 100 } select (Direction: direction, Into: bytes)).ToArray();
        var topology = await StartAsync(
            security, Link.Session, [.. cases.Select(c => In(c.Direction, Cut(CutKind.Fin, Inside(security, c.Direction, c.Into))))]);
        using var transfers = await topology.OpenAsync(cases.Length, _ => Length);

        await Task.WhenAll(transfers.All.Select((transfer, i) => transfer.ExpectBrokenAsync(cases[i].Direction)));

        Assert.Equal(cases.Length, topology.Pipe.CutsReached);
    }

    private static CutPoint Inside(Security security, TunnelDirection direction, int into) => security == Security.Cleartext
        ? CutPoint.Http2Frame(Length / 2, fromClient: direction == TunnelDirection.ToOrigin, into)
        : CutPoint.TlsRecord(Length / 2, into);

    private static FaultPlan Cut(CutKind kind, CutPoint at) => new() { Cut = new Cut(kind, at) };

    private static LinkFaults In(TunnelDirection direction, FaultPlan plan) =>
        direction == TunnelDirection.ToOrigin ? new LinkFaults(plan, new FaultPlan()) : new LinkFaults(new FaultPlan(), plan);

    /// <summary>Each tunnel has its own faults; on the session's link, a session of its own with them.</summary>
    private async Task<FaultyTopology> StartAsync(Security security, Link link, LinkFaults[] faults) => Own(await FaultyTopology.StartAsync(
        security,
        link,
        number => number < faults.Length ? faults[number] : LinkFaults.None,
        sessions: link == Link.Session ? faults.Length : 0));
}
