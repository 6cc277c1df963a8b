using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;
using Xunit.Abstractions;

namespace ActorTunnel.Scenarios;

/// <summary>Between the nodes lies a path with a long round trip.</summary>
[Collection(AloneCollection.Name)]
public sealed class LongPaths(ITestOutputHelper output) : Story
{
    private const int MiB = 1024 * 1024;
    private const int Length = 32 * MiB;
    private const int Beginning = 24 * MiB; // In which the window grows.

    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(40);

    /// <summary>Only what the receiver says is delayed, since the pipe itself holds no more than one such window.</summary>
    [Theory]
    [InlineData(Security.Tls, TunnelDirection.ToOrigin)]
    [InlineData(Security.Cleartext, TunnelDirection.ToApplication)]
    public async Task One_tunnel_moves_several_times_the_window_that_it_began_with_in_a_round_trip(Security security, TunnelDirection direction)
    {
        var slow = new FaultPlan { Latency = RoundTrip };
        var faults = direction == TunnelDirection.ToOrigin ? new LinkFaults(new FaultPlan(), slow) : new LinkFaults(slow, new FaultPlan());
        var topology = Own(await FaultyTopology.StartAsync(security, Link.Session, _ => faults));
        using var transfers = await topology.OpenAsync(1, _ => Length);
        var (application, origin) = (transfers.All[0].Application, transfers.All[0].Origin);
        var (writer, reader) = direction == TunnelDirection.ToOrigin ? (application, origin) : (origin, application);

        var began = 0L;
        var receiving = reader.ReceiveToEndAsync(_ => began = began == 0 && reader.BytesReceived >= Beginning ? TimeProvider.System.GetTimestamp() : began);
        await writer.SendAsync(new byte[Length]);
        writer.SendFin();
        Assert.Equal(PeerEnd.Fin, await receiving);

        var took = TimeProvider.System.GetElapsedTime(began);
        var roundTrips = took / RoundTrip;
        var windows = (Length - Beginning) / (double)new Http2Settings().StreamWindow;
        output.WriteLine($"{windows / roundTrips:0.0} windows a round trip");
        Assert.Equal(Length, reader.BytesReceived);
        Assert.True(windows >= 4 * roundTrips, $"{windows} windows took {roundTrips} round trips");
        reader.SendFin();
        Assert.Equal(PeerEnd.Fin, await writer.ReceiveToEndAsync(_ => { }));
    }
}
