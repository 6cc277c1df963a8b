using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.TestSupport.Time;
using ActorTunnel.Transport.Sockets;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

/// <summary>The socket's stage over the loopback interface; a hand stands for what is behind the stage.</summary>
public abstract class TcpConnectionStageTests(int eventLoops) : StageTest(eventLoops)
{
    private const int SmallBuffers = 16 * 1024;
    private const int MiB = 1024 * 1024;

    private static readonly TcpConnectionOptions Application = new() { ResetUnlessClean = true };
    private static readonly TcpConnectionOptions Session = new() { ResetUnlessClean = false };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_527)]
    [InlineData(65_528)]
    [InlineData(MiB)]
    public void What_the_peer_sends_is_read_exactly(int length)
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        pair.Peer.Send(Payload.Bytes(1, length));
        pair.Peer.SendFin();
        Assert.Equal(Payload.Bytes(1, length), hand.ExpectEnd());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_527)]
    [InlineData(65_528)]
    [InlineData(MiB)]
    public void What_is_pushed_is_written_exactly(int length)
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.Give(Payload.Bytes(1, length));
        hand.Complete();
        var (bytes, end) = pair.Peer.ReceiveToEnd();
        Assert.Equal(Payload.Bytes(1, length), bytes);
        Assert.Equal(SocketError.Success, end);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2_000)]
    [InlineData(3, 60_000)]
    public void Random_cuts_both_ways_at_once_over_small_buffers_are_exact(int seed, int largest)
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        var random = new Random(seed);
        var length = largest < 10 ? 20_000 : MiB;
        var sent = Payload.Bytes(seed, length);
        for (var at = 0; at < length;)
        {
            var count = Math.Min(random.Next(1, 100_000), length - at);
            hand.Give(Pool.Cut(sent.AsSpan(at, count), random, largest));
            at += count;
        }

        hand.Complete();
        hand.TakeAll();
        var writer = new Thread(() =>
        {
            pair.Peer.Send(Payload.Bytes(seed + 100, length));
            pair.Peer.SendFin();
        });
        writer.Start();
        var (received, end) = pair.Peer.ReceiveToEnd();
        writer.Join();
        Assert.Equal(sent, received);
        Assert.Equal(SocketError.Success, end);
        Assert.Equal(Payload.Bytes(seed + 100, length), hand.ExpectEnd());
        StagesStop();
    }

    [Fact]
    public void An_element_of_more_slices_than_one_system_call_takes_is_written_whole()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        var bytes = Payload.Bytes(1, 5_000);
        var slices = Pool.Cut(bytes, new Random(1), 2);
        Assert.True(slices.Count > 1_024);
        hand.Give(slices);
        Assert.Equal(bytes, pair.Peer.Receive(bytes.Length));
    }

    [Fact]
    public void What_is_read_has_room_for_a_frame_header_in_front()
    {
        using var pair = SocketPair.Create();
        var starts = new List<int>();
        Flow.FromGraph(new TcpConnectionStage(new TcpConnectionParts(pair.Ours, Pool, Application, TimeProvider.System)))
            .Select(slices =>
            {
                starts.Add(slices[0].Start);
                return slices;
            })
            .JoinMaterialized(new HandStage(Pool), Keep.Right)
            .Run(Materializer)
            .TakeAll();
        pair.Peer.Send([1]);
        Eventually(() => Assert.Equal([TcpConnectionStage.Headroom], starts));
    }

    [Fact]
    public void Nothing_is_read_without_demand()
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        var bytes = Payload.Bytes(1, 8 * MiB);
        var sent = pair.Peer.SendUntilBlocked(bytes);
        Assert.InRange(sent, 1, MiB);
        Assert.Equal(0, hand.PendingBytes);
        Assert.Equal(0, Pool.Rented);

        hand.TakeAll();
        Assert.Equal(bytes[..(int)sent], hand.ExpectBytes((int)sent));
    }

    [Fact]
    public void One_element_is_read_for_each_demand()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        pair.Peer.Send(Payload.Bytes(1, 200_000));
        hand.Take();
        Eventually(() => Assert.Single(hand.PendingElements));
        hand.Settle();
        Assert.Single(hand.PendingElements);
        Assert.InRange(hand.PendingBytes, 1, PoolBytes.MaxSlice);
    }

    /// <summary>A read ends in front of an urgent byte, and is short although more is there.</summary>
    [Fact]
    public void What_came_behind_an_urgent_byte_is_read_before_anything_else_comes()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.Settle();
        pair.Peer.Send([1, 2, 3]);
        pair.Peer.Socket.Send([4], SocketFlags.OutOfBand);
        pair.Peer.Send([5, 6]);
        hand.TakeAll();
        Assert.Equal([1, 2, 3, 5, 6], hand.ExpectBytes(5));

        pair.Peer.Send([7]);
        Assert.Equal([7], hand.ExpectBytes(1));
        hand.Settle();
        PoolIsFull();
    }

    [Fact]
    public void A_peer_that_does_not_read_blocks_the_inlet_until_it_reads()
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        var bytes = Payload.Bytes(1, 8 * MiB);
        hand.Give(bytes);
        hand.Give([1]);
        hand.ExpectGiven(1);
        hand.Settle();
        Assert.Equal(1, hand.Demands);

        Assert.Equal(bytes, pair.Peer.Receive(bytes.Length));
        hand.ExpectGiven(2);
        Assert.Equal([1], pair.Peer.Receive(1));
    }

    [Fact]
    public void A_blocked_write_does_not_block_reading()
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        hand.Give(new byte[8 * MiB]);
        hand.ExpectGiven(1);
        hand.TakeAll();
        pair.Peer.Send([1, 2, 3]);
        Assert.Equal([1, 2, 3], hand.ExpectBytes(3));
    }

    [Fact]
    public void An_idle_connection_holds_no_block()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        for (var i = 0; i < 3; i++)
        {
            hand.Settle();
            PoolIsFull();
            pair.Peer.Send([1]);
            hand.ExpectBytes(1);
            hand.Give([2]);
            pair.Peer.Receive(1);
        }

        PoolIsFull();
    }

    [Fact]
    public void Keepalive_is_set_as_the_options_say()
    {
        using var pair = SocketPair.Create();
        var options = Session with
        {
            KeepAliveTime = TimeSpan.FromSeconds(40), KeepAliveInterval = TimeSpan.FromSeconds(20), KeepAliveProbes = 4,
        };
        Start(pair, options).Settle();
        Assert.NotEqual(0, pair.Ours.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(40, pair.Ours.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
        Assert.Equal(20, pair.Ours.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
        Assert.Equal(4, pair.Ours.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
        Assert.True(pair.Ours.NoDelay);
    }

    private Hand Start(SocketPair pair, TcpConnectionOptions options, TimeProvider? time = null) =>
        Flow.FromGraph(new TcpConnectionStage(new TcpConnectionParts(pair.Ours, Pool, options, time ?? TimeProvider.System)))
            .JoinMaterialized(new HandStage(Pool), Keep.Right)
            .Run(Materializer);
}

public sealed class TcpConnectionStageTestsOnALoop() : TcpConnectionStageTests(1);

public sealed class TcpConnectionStageTestsOnThePool() : TcpConnectionStageTests(0);
