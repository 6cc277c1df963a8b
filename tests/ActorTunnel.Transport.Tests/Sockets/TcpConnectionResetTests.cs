using System.Net.Sockets;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Sockets;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

/// <summary>A connection that is reset while nobody reads it, by its peer or by its owner.</summary>
public abstract class TcpConnectionResetTests(int eventLoops) : StageTest(eventLoops)
{
    private static readonly TcpConnectionOptions Options = new() { ResetUnlessClean = true };

    [Fact]
    public void A_reset_of_the_peer_is_seen_without_a_read()
    {
        using var pair = SocketPair.Create();
        var connection = new TcpConnection(pair.Ours, Options);
        pair.Peer.Send([1, 2, 3]);
        Assert.False(connection.WasReset);

        pair.Peer.Reset();

        Assert.True(SpinWait.SpinUntil(() => connection.WasReset, Patience));
        connection.Reset();
        Assert.False(connection.WasReset);
        Assert.True(connection.IsOver);
    }

    [Fact]
    public void A_reset_behind_an_end_is_none_and_asking_takes_nothing_from_what_came_before()
    {
        using var pair = SocketPair.Create();
        var connection = new TcpConnection(pair.Ours, Options);
        pair.Peer.Send([1, 2, 3]);
        pair.Peer.SendFin();
        Assert.False(connection.WasReset);
        pair.Peer.Reset();
        Assert.True(SpinWait.SpinUntil(() => TcpState.Read(pair.Ours).IsClosed, Patience), "the reset did not come");

        Assert.False(connection.WasReset);
        Assert.False(connection.WasReset);

        var hand = Flow.FromGraph(connection.ToFlow(Pool, TimeProvider.System)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        hand.TakeAll();
        Assert.Equal([1, 2, 3], hand.ExpectEnd());
        hand.Give([4]);
        hand.ExpectCancelled();
        StagesStop();
        PoolIsFull();
    }

    /// <summary>Who asks and who makes a flow of it may be two threads, and the kernel has told it to the first.</summary>
    [Fact]
    public void A_reset_that_was_seen_before_a_flow_is_made_is_no_end_of_the_flow()
    {
        using var pair = SocketPair.Create();
        var connection = new TcpConnection(pair.Ours, Options);
        pair.Peer.Reset();
        Assert.True(SpinWait.SpinUntil(() => connection.WasReset, Patience));

        var hand = Flow.FromGraph(connection.ToFlow(Pool, TimeProvider.System)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        hand.TakeAll();

        hand.ExpectFailure<TransportException>();
        StagesStop();
        PoolIsFull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_that_its_owner_resets_while_its_stage_starts_fails_the_stage_and_loses_no_buffer(bool reading)
    {
        using var pair = SocketPair.Create();
        var connection = new TcpConnection(pair.Ours, Options);
        var hand = Flow.FromGraph(connection.ToFlow(Pool, TimeProvider.System)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        hand.Settle();

        connection.Reset();
        if (reading)
        {
            hand.TakeAll();
        }
        else
        {
            hand.Give([1, 2, 3]);
        }

        Assert.Equal(TransportFault.Broken, hand.ExpectFailure<TransportException>().Fault);
        StagesStop();
        PoolIsFull();
    }
}

public sealed class TcpConnectionResetTestsOnALoop() : TcpConnectionResetTests(1);

public sealed class TcpConnectionResetTestsOnThePool() : TcpConnectionResetTests(0);
