using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios;

/// <summary>Something happens to the session while many transfers run over it.</summary>
public sealed class EndsUnderWay : Story
{
    private const int Tunnels = 100;
    private const int Length = 300_000;
    private const int TooMuch = 2_000_000_000; // Nobody comes to its end before the session breaks, and a clean end would be a true one.
    private const int BrokenAt = 2_000_000;
    private const int Aside = 4_000_000; // Bytes a second the other way, which else takes the time of a busy machine from the way that is to break.

    /// <summary>A PING on a stream (RFC 9113 §6.7).</summary>
    private static readonly byte[] WrongFrame = [0, 0, 8, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Application data that nobody encrypted (RFC 8446 §5.2).</summary>
    private static readonly byte[] WrongRecord = [0x17, 3, 3, 0, 32, .. new byte[32]];

    [Theory]
    [InlineData(Security.Cleartext, TunnelDirection.ToOrigin)]
    [InlineData(Security.Cleartext, TunnelDirection.ToApplication)]
    [InlineData(Security.Tls, TunnelDirection.ToOrigin)]
    [InlineData(Security.Tls, TunnelDirection.ToApplication)]
    public async Task A_connection_error_during_a_hundred_transfers_is_two_hundred_resets(Security security, TunnelDirection direction)
    {
        var at = security == Security.Tls
            ? CutPoint.TlsRecord(BrokenAt)
            : CutPoint.Http2Frame(BrokenAt, fromClient: direction == TunnelDirection.ToOrigin);
        var broken = new FaultPlan
        {
            Cut = new Cut(CutKind.Inject, at) { Injected = security == Security.Tls ? WrongRecord : WrongFrame },
        };
        var aside = new FaultPlan { BytesPerSecond = Aside };
        var faults = direction == TunnelDirection.ToOrigin
            ? new LinkFaults(broken, aside)
            : new LinkFaults(aside, broken);
        var topology = Own(await FaultyTopology.StartAsync(security, Link.Session, number => number == 0 ? faults : LinkFaults.None));
        using var transfers = await topology.OpenAsync(Tunnels, _ => TooMuch);

        await Task.WhenAll(transfers.All.Select(transfer => transfer.ExpectResetAsync()));

        foreach (var node in new[] { topology.Encapsulator, topology.Terminator })
        {
            await node.CountsAsync("tunnels.open", 0);
            Assert.Equal((Tunnels, 1), (node.AccessLog.Count, node.Counters.Sum("sessions.lost")));
            Assert.All(node.AccessLog, entry => Assert.Equal(
                ("reset/session:session-lost", "reset/session:session-lost"), (entry.UpstreamEnd.ToString(), entry.DownstreamEnd.ToString())));
        }
    }

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public async Task A_GOAWAY_during_a_hundred_transfers_changes_no_byte_and_no_end(Security security, bool encapsulatorLeaves)
    {
        var origin = Own(Origin.Start());
        var topology = Own(await Topology.StartAsync(origin.Address, security));
        using var transfers = new Transfers(Tunnels);
        for (var i = 0; i < Tunnels; i++)
        {
            var (application, far) = await topology.OpenAsync(origin);
            transfers.All[i] = new Transfer(i, Length, application, far);
        }

        // Each keeps its last bytes until the node is on its way out. An encapsulator sends GOAWAY behind its last tunnel, a terminator at once.
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = transfers.All.Select(transfer => Task.Run(() => transfer.ExpectCompleteAsync(left.Task))).ToList();
        var leaving = (encapsulatorLeaves ? topology.Encapsulator : topology.Terminator).StopAsync(Eventually.Patience);
        await (encapsulatorLeaves
            ? Eventually.TrueAsync(() => !OpenSockets.IsListening(topology.Entrance.Port), () => "it still listens")
            : topology.Encapsulator.CountsAsync("sessions.retired", 1));
        left.SetResult();

        await Task.WhenAll(running);
        transfers.Dispose();
        Assert.True(await leaving);
        Assert.Equal(0, topology.Encapsulator.Counters.Sum("sessions.lost") + topology.Terminator.Counters.Sum("sessions.lost"));
    }
}
