using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Scenarios.Support;

namespace ActorTunnel.Scenarios;

/// <summary>What readers who stand still cost the nodes in memory, and their neighbours on the session.</summary>
public sealed class StalledReaders : Story
{
    private const int SmallBuffer = 16 * 1024;
    private const int Block = BufferPool.BlockSize;
    private const int StillSamples = 30;

    /// <summary>The window is with the reader's node. With the writer's node waits one block, which was longer than the window's rest.</summary>
    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    [InlineData(Security.Tls, false)]
    public async Task Beyond_what_kernels_hold_a_writer_gets_rid_of_a_stream_window_and_a_block(Security security, bool originStalls)
    {
        const int StreamWindow = 128 * 1024;
        var origin = Own(Origin.Start(SmallBuffer));
        var topology = Own(await Topology.StartAsync(
            origin.Address, security, node => WithWindows(node, StreamWindow, 16 * StreamWindow), node => WithWindows(node, StreamWindow, 16 * StreamWindow)));
        using var application = await Peer.ConnectAsync(topology.Entrance, SmallBuffer);
        using var far = await origin.AcceptAsync();

        var held = await FillAsync(
            [originStalls ? application : far], topology.Entrance.Port, topology.Terminator.AddressOf("connect-in").Port, origin.Address.Port);

        Assert.InRange(held, 1, StreamWindow + Block);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Beyond_what_kernels_hold_a_writer_of_an_HTTP_1_1_tunnel_gets_rid_of_two_blocks(bool originStalls)
    {
        var origin = Own(Origin.Start(SmallBuffer));
        var terminator = Own(await StoryNode.StartAsync(StorySettings.Terminator(origin.Address, Security.Cleartext)));
        using var client = await Peer.ConnectAsync(terminator.AddressOf("connect-in"), SmallBuffer);
        await client.SendAsync(ProxyClient.Ascii(ProxyClient.Request));
        await client.ReceiveAsync(ProxyClient.Established.Length);
        using var far = await origin.AcceptAsync();

        var held = await FillAsync([originStalls ? client : far], terminator.AddressOf("connect-in").Port, origin.Address.Port);

        Assert.InRange(held, 1, 2 * Block);
        Assert.InRange(terminator.Pool.OutstandingBytes, 1, 2 * Block);
    }

    /// <summary>
    /// The readers who stand still have used up several times the connection's window: each holds a block at least, of which some bytes may be in the kernel already. Were it repaid only as they read, it would be used up long before the first byte
    /// of a neighbour; so no clock is needed to see that they are not in the way.
    /// </summary>
    [Theory]
    [InlineData(Security.Cleartext, true)]
    [InlineData(Security.Cleartext, false)]
    [InlineData(Security.Tls, true)]
    public async Task Neighbours_on_the_session_carry_on_beside_many_readers_who_stand_still(Security security, bool originsStall)
    {
        const int StreamWindow = 64 * 1024;
        const int ConnectionWindow = 4 * StreamWindow;
        const int Stalled = 12;
        const int MostBlocks = 8; // A window is granted in quarters, and each may come in two blocks that others share.
        const int Neighbours = 4;
        const int Length = 4 * 1024 * 1024;
        const int Budget = (Stalled * StreamWindow) + ConnectionWindow;
        var origin = Own(Origin.Start(SmallBuffer));
        var topology = Own(await Topology.StartAsync(
            origin.Address,
            security,
            node => WithWindows(node, StreamWindow, Budget),
            node => WithWindows(node, StreamWindow, Budget)));
        using var stalled = new Transfers(Stalled);
        using var neighbours = new Transfers(Neighbours);
        for (var i = 0; i < Stalled; i++)
        {
            var application = await Peer.ConnectAsync(topology.Entrance, SmallBuffer);
            stalled.All[i] = new Transfer(i, 0, application, await origin.AcceptAsync());
        }

        var held = await FillAsync(
            [.. stalled.All.Select(transfer => originsStall ? transfer.Application : transfer.Origin)],
            topology.Entrance.Port,
            topology.Terminator.AddressOf("connect-in").Port,
            origin.Address.Port);
        Assert.InRange(held, 1, Stalled * (StreamWindow + Block));
        var holder = originsStall ? topology.Terminator : topology.Encapsulator;
        var sender = originsStall ? topology.Encapsulator : topology.Terminator;
        Assert.InRange(holder.Pool.OutstandingBytes, 2 * ConnectionWindow, long.MaxValue);

        for (var i = 0; i < Neighbours; i++)
        {
            var (application, far) = await topology.OpenAsync(origin);
            neighbours.All[i] = new Transfer(Stalled + i, Length, application, far);
        }

        await Task.WhenAll(neighbours.All.Select(transfer => Task.Run(() => transfer.ExpectCompleteAsync())));

        // All of it went over the one session, past those who still stand there.
        await topology.Terminator.CountsAsync("tunnels.open", Stalled);
        Assert.Equal((1, 1), (topology.Encapsulator.Counters.Sum("sessions.opened"), topology.Terminator.Counters.Sum("sessions.opened")));
        await Eventually.TrueAsync(
            () => holder.Pool.OutstandingBytes is >= 2 * ConnectionWindow and <= Stalled * MostBlocks * Block,
            () => $"{holder.Pool.OutstandingBytes} bytes are held in front of the readers");
        await Eventually.TrueAsync( // What the neighbours' last frames lay in is given back a moment later.
            () => sender.Pool.OutstandingBytes <= Stalled * Block, () => $"{sender.Pool.OutstandingBytes} bytes are held behind the writers");
    }

    /// <summary>
    /// Sends until nobody takes more and nothing moves any more; what moves is in two queues at times, so only a still picture is right. Returns the bytes that are in
    /// no kernel's queue: those that the nodes hold.
    /// </summary>
    private static async Task<long> FillAsync(Peer[] writers, params int[] ports)
    {
        var block = new byte[Block];
        var (sent, held, still) = (0L, 0L, 0);
        Array.ForEach(writers, writer => writer.Socket.Blocking = false);
        await Eventually.TrueAsync(
            () =>
            {
                var before = (sent, held);
                foreach (var writer in writers)
                {
                    for (int count; (count = writer.Socket.Send(block, SocketFlags.None, out _)) > 0;)
                    {
                        sent += count;
                    }
                }

                held = sent - KernelQueues.BytesOf(ports);
                still = before == (sent, held) ? still + 1 : 0;
                return still == StillSamples;
            },
            () => $"after {sent} bytes it still moves");
        return held;
    }

    private static NodeSettings WithWindows(NodeSettings node, int streamWindow, long budget) => node
        .WithConnect(listener => listener with { Http2 = Exactly(listener.Http2, streamWindow, budget) })
        .WithUpstream(upstream => upstream with
        {
            MaxSessionsPerEndpoint = 1,
            Http2 = Exactly(upstream.Http2, streamWindow, budget),
        });

    private static Http2Settings Exactly(Http2Settings http2, int streamWindow, long budget) =>
        http2 with { StreamWindow = streamWindow, MaxStreamWindow = streamWindow, ReceiveBudget = budget };
}
