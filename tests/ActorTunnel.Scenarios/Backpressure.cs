using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>Who does not read stops whoever writes to him, and nobody else.</summary>
public sealed class Backpressure : Story
{
    private const int Window = 256 * 1024;
    private const int SmallBuffer = 16 * 1024;
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(400);

    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public async Task A_reader_that_stalls_does_not_stall_its_neighbours_and_holds_little(Security security, bool originStalls)
    {
        var origin = Own(Origin.Start(SmallBuffer));
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            security,
            encapsulator: node => node.WithUpstream(upstream => upstream with { MaxSessionsPerEndpoint = 1, Http2 = OfOneSize(upstream.Http2) }),
            terminator: node => node.WithConnect(listener => listener with { Http2 = OfOneSize(listener.Http2) })));
        using var application = await Peer.ConnectAsync(topology.Entrance, SmallBuffer);
        using var far = await origin.AcceptAsync();
        var (writer, reader) = originStalls ? (application, far) : (far, application);

        var stuckAt = await writer.SendUntilStuckAsync(Silence);

        var (neighbour, neighbourFar) = await topology.OpenAsync(origin);
        using (neighbour)
        using (neighbourFar)
        {
            var sent = Payload.Of(4 * 1024 * 1024, seed: 11);
            var upload = neighbourFar.ExpectToEndAsync(sent);
            var download = neighbour.ExpectToEndAsync(sent);
            await Task.WhenAll(neighbour.SendAsync(sent), neighbourFar.SendAsync(sent)).InTime();
            neighbour.SendFin();
            neighbourFar.SendFin();
            await Task.WhenAll(upload, download);
        }

        await topology.Terminator.CountsAsync("tunnels.open", 1);
        var holder = originStalls ? topology.Terminator : topology.Encapsulator;
        var sender = originStalls ? topology.Encapsulator : topology.Terminator;
        await topology.Encapsulator.CountsAsync("tunnels.open", 1);
        await Eventually.TrueAsync(
            () => holder.Pool.OutstandingBytes is >= 1 and <= (2 * Window) + BufferPool.BlockSize && sender.Pool.OutstandingBytes <= 2 * BufferPool.BlockSize,
            () => $"{holder.Pool.OutstandingBytes} bytes are held in front of the reader, {sender.Pool.OutstandingBytes} behind the writer");

        // Nothing of it was lost.
        writer.SendFin();
        var (bytes, end) = await reader.ReceiveToEndAsync();
        Assert.Equal((stuckAt, PeerEnd.Fin), (bytes.Length, end));
    }

    /// <summary>On a busy machine a round trip is long, and the window would grow before the reader stalls.</summary>
    private static Http2Settings OfOneSize(Http2Settings http2) => http2 with { StreamWindow = Window, MaxStreamWindow = Window };
}
