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
public sealed class TcpConnectionStageTests : StageTest
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

    /// <summary>An accepted connection resets until it is known to be a session.</summary>
    [Fact]
    public void How_a_connection_ends_may_be_chosen_when_its_flow_is_made()
    {
        using var pair = SocketPair.Create();
        var connection = new TcpConnection(pair.Ours, Application);
        var hand = Flow.FromGraph(new HandStage(Pool))
            .JoinMaterialized(Flow.FromGraph(connection.ToFlow(Pool, TimeProvider.System, Session)), Keep.Left)
            .Run(Materializer);
        hand.Cancel();
        pair.Peer.ExpectFin();
        StagesStop();
        Assert.False(TcpState.Read(pair.Peer.Socket).IsClosed, "a reset came behind the end");
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
        Flow.FromGraph(new TcpConnectionStage(pair.Ours, Pool, Application, TimeProvider.System))
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
    public void A_fin_in_ends_the_outlet_and_writing_goes_on()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        pair.Peer.SendFin();
        Assert.Empty(hand.ExpectEnd());
        for (var i = 0; i < 3; i++)
        {
            hand.Give([(byte)i]);
            Assert.Equal([(byte)i], pair.Peer.Receive(1));
        }

        hand.Complete();
        pair.Peer.ExpectFin();
        StagesStop();
    }

    [Fact]
    public void A_fin_out_follows_the_bytes_and_reading_goes_on()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        hand.Give([1, 2]);
        hand.Complete();
        var (bytes, end) = pair.Peer.ReceiveToEnd();
        Assert.Equal([1, 2], bytes);
        Assert.Equal(SocketError.Success, end);
        for (var i = 0; i < 3; i++)
        {
            pair.Peer.Send([(byte)i]);
            Assert.Equal([(byte)i], hand.ExpectBytes(1));
        }

        pair.Peer.SendFin();
        hand.ExpectEnd();
        StagesStop();
    }

    [Fact]
    public void A_reset_by_the_peer_fails_the_outlet_and_cancels_the_inlet()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        hand.Settle();
        pair.Peer.Reset();
        Assert.Equal(TransportFault.Reset, hand.ExpectFailure<TransportException>().Fault);
        hand.ExpectCancelled();
        StagesStop();
    }

    [Fact]
    public void A_peer_that_reset_before_the_stage_began_is_reported_as_a_reset()
    {
        using var pair = SocketPair.Create();
        pair.Peer.Reset();
        var hand = Start(pair, Application with { KeepAliveTime = TimeSpan.FromSeconds(30) });
        hand.TakeAll();
        Assert.Equal(TransportFault.Reset, hand.ExpectFailure<TransportException>().Fault);
    }

    [Fact]
    public void A_write_to_a_peer_that_reset_fails_the_outlet_and_is_no_clean_end()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.Settle();
        pair.Peer.Reset();
        hand.Give([1]);
        hand.Give([2]);
        hand.TakeAll();
        Assert.Equal(TransportFault.Reset, hand.ExpectFailure<TransportException>().Fault);
    }

    /// <summary>The kernel reports an error once. Here the write under way gets it, and the stage reads before it hears of that.</summary>
    [Fact]
    public void A_reset_that_a_pending_write_swallowed_is_not_read_as_a_clean_end()
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        hand.Give(Payload.Bytes(1, 4 * MiB));
        hand.ExpectGiven(1);
        hand.Settle();
        hand.TakeAfter(() =>
        {
            pair.Peer.Reset();
            Assert.True(SpinWait.SpinUntil(() => Pool.OutstandingBytes == 0, Patience), "the write did not end");
        });
        Assert.Equal(TransportFault.Reset, hand.ExpectFailure<TransportException>().Fault);
    }

    [Fact]
    public void A_failed_inlet_resets_the_connection()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        hand.FailNow(new InvalidOperationException("test"));
        pair.Peer.ExpectReset();
        Assert.Equal(TransportFault.Aborted, hand.ExpectFailure<TransportException>().Fault);
        StagesStop();
    }

    [Fact]
    public void A_cancelled_outlet_resets_the_connection()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.Cancel();
        pair.Peer.ExpectReset();
        hand.ExpectCancelled();
        StagesStop();
    }

    [Fact]
    public void An_application_connection_whose_stage_is_stopped_is_reset()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        hand.Settle();
        Materializer.Shutdown();
        pair.Peer.ExpectReset();
    }

    [Fact]
    public void An_application_connection_whose_end_was_passed_on_one_way_only_is_reset_when_its_stage_is_stopped()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        hand.TakeAll();
        pair.Peer.SendFin();
        hand.ExpectEnd();
        Materializer.Shutdown();
        pair.Peer.ExpectReset();
    }

    [Fact]
    public void A_session_connection_whose_stage_is_stopped_ends_with_a_fin()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Session);
        hand.TakeAll();
        hand.Settle();
        Materializer.Shutdown();
        pair.Peer.ExpectFin();
    }

    [Fact]
    public void A_session_connection_that_is_aborted_delivers_what_was_written_and_ends_with_a_fin()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Session);
        hand.TakeAll();
        hand.Give([1, 2, 3]);
        hand.Fail(new InvalidOperationException("test"));
        var (bytes, end) = pair.Peer.ReceiveToEnd();
        Assert.Equal([1, 2, 3], bytes);
        Assert.Equal(SocketError.Success, end);
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
    public void A_clean_end_out_is_delivered_before_the_abort_that_follows_it()
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        var bytes = Payload.Bytes(1, 4 * MiB);
        hand.Give(bytes);
        hand.CompleteNow();
        hand.Cancel();
        hand.Settle();

        Assert.Equal(bytes[..MiB], pair.Peer.Receive(MiB));
        var (rest, end) = pair.Peer.ReceiveToEnd();
        Assert.Equal(bytes[MiB..], rest);
        Assert.Equal(SocketError.Success, end);
        StagesStop();
        Eventually(() => Assert.ThrowsAny<SocketException>(() => pair.Peer.Send([1]))); // The other way was reset.
    }

    [Fact]
    public void A_reset_that_a_write_meets_behind_the_peers_end_leaves_what_came_before_readable_to_that_end()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        var bytes = Payload.Bytes(1, 100_000); // No more than the kernel holds.
        pair.Peer.Send(bytes);
        pair.Peer.SendFin();
        Eventually(() => Assert.Equal(bytes.Length, pair.Ours.Available));
        pair.Peer.Reset();
        hand.Give([1]);

        Assert.Equal(TransportFault.ResetAfterEnd, Assert.IsType<TransportException>(hand.ExpectCancelled()).Fault);
        hand.TakeAll();
        Assert.Equal(bytes, hand.ExpectEnd());
        StagesStop();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_blocked_write_that_meets_a_reset_says_whether_the_peer_had_ended_before_it(bool ended)
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        hand.Give(new byte[8 * MiB]); // More than the peer takes: the write waits.
        hand.ExpectGiven(1);
        var bytes = Payload.Bytes(1, 8_000);
        pair.Peer.Send(bytes);
        if (ended)
        {
            pair.Peer.SendFin();
        }

        Eventually(() => Assert.Equal(bytes.Length, pair.Ours.Available));
        pair.Peer.Reset();
        hand.Settle();
        hand.TakeAll();

        if (ended)
        {
            Assert.Equal(bytes, hand.ExpectEnd());
        }
        else
        {
            hand.ExpectFailure<TransportException>();
        }

        StagesStop();
    }

    /// <summary>The write took no report, so it hides no reset; the stage reads the end before it hears that the write is over.</summary>
    [Fact]
    public void A_write_that_was_taken_before_the_reset_leaves_the_peers_end_before_it_an_end()
    {
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application);
        hand.Give(new byte[MiB]);
        hand.ExpectGiven(1);
        hand.Settle();
        hand.TakeAfter(() =>
        {
            pair.Peer.Receive(MiB);
            Assert.True(SpinWait.SpinUntil(() => Pool.OutstandingBytes == 0, Patience), "the write did not end");
            pair.Peer.SendFin();
            pair.Peer.Reset();
            Assert.True(SpinWait.SpinUntil(() => TcpState.Read(pair.Ours).IsClosed, Patience), "the reset did not come");
        });

        Assert.Empty(hand.ExpectEnd());
    }

    [Fact]
    public void A_reset_that_a_write_meets_without_an_end_before_it_is_a_failure_at_once()
    {
        using var pair = SocketPair.Create();
        var hand = Start(pair, Application);
        pair.Peer.Send([1, 2, 3]);
        Eventually(() => Assert.Equal(3, pair.Ours.Available));
        pair.Peer.Reset();
        hand.Give([1]);
        Assert.Equal(TransportFault.Reset, hand.ExpectFailure<TransportException>().Fault);
        StagesStop();
    }

    [Fact]
    public void The_delivery_of_a_clean_end_is_not_awaited_for_ever()
    {
        var time = new HandTime();
        using var pair = SocketPair.Create(SmallBuffers);
        var hand = Start(pair, Application with { EndDeliveryTimeout = TimeSpan.FromSeconds(5) }, time);
        hand.Give(new byte[4 * MiB]);
        hand.CompleteNow();
        hand.Cancel();
        Eventually(() => Assert.Equal(1, time.Timers));
        time.Advance(TimeSpan.FromSeconds(4.9));
        pair.Peer.Receive(2 * MiB); // More than the buffers hold: it has not been reset.
        time.Advance(TimeSpan.FromSeconds(0.2));
        StagesStop();
        var (bytes, end) = pair.Peer.ReceiveToEnd();
        Assert.Equal(SocketError.ConnectionReset, end);
        Assert.InRange(bytes.Length, 0, (2 * MiB) - 1);
    }

    [Fact]
    public void Two_clean_ends_deliver_everything_although_the_stage_is_gone()
    {
        using var pair = SocketPair.Create(256 * 1024);
        var hand = Start(pair, Application);
        hand.TakeAll();
        pair.Peer.SendFin();
        hand.ExpectEnd();
        var bytes = Payload.Bytes(1, 100_000);
        hand.Give(bytes);
        hand.Complete();
        StagesStop();
        var (received, end) = pair.Peer.ReceiveToEnd();
        Assert.Equal(bytes, received);
        Assert.Equal(SocketError.Success, end);
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
        Flow.FromGraph(new TcpConnectionStage(pair.Ours, Pool, options, time ?? TimeProvider.System))
            .JoinMaterialized(new HandStage(Pool), Keep.Right)
            .Run(Materializer);
}
