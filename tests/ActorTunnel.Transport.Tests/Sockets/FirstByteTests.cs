using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

/// <summary>The wait for what a peer sends first, by .NET and by an event loop (Linux only; else both are .NET's).</summary>
public sealed class FirstByteTests : StageTest
{
    private static readonly TcpConnectionOptions Options = new() { ResetUnlessClean = true };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task It_ends_with_the_first_byte_which_is_left_for_the_flow(int loops)
    {
        using var pair = SocketPair.Create();
        var connection = Connect(pair, loops);
        var first = connection.AwaitFirstByte();
        Assert.False(first.Result.IsCompleted);

        pair.Peer.Send([1, 2, 3]);

        Assert.Equal(FirstByteResult.Readable, await first.Result.WaitAsync(Patience));
        pair.Peer.SendFin();
        AssertFlow(connection, [1, 2, 3]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_end_is_something_to_read(int loops)
    {
        using var pair = SocketPair.Create();
        var connection = Connect(pair, loops);

        pair.Peer.SendFin();

        Assert.Equal(FirstByteResult.Readable, await connection.AwaitFirstByte().Result.WaitAsync(Patience));
        AssertFlow(connection, []);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_reset_is_not(int loops)
    {
        using var pair = SocketPair.Create();
        var connection = Connect(pair, loops);
        var first = connection.AwaitFirstByte();

        pair.Peer.Reset();

        Assert.Equal(FirstByteResult.Broken, await first.Result.WaitAsync(Patience));
        connection.Reset();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_flow_may_be_made_of_a_connection_when_the_wait_was_stopped(int loops)
    {
        using var pair = SocketPair.Create();
        var connection = Connect(pair, loops);
        var first = connection.AwaitFirstByte();

        first.Stop();
        first.Stop();

        Assert.Equal(FirstByteResult.Stopped, await first.Result.WaitAsync(Patience));
        pair.Peer.Send([1]);
        pair.Peer.SendFin();
        AssertFlow(connection, [1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task It_ends_with_its_connection(int loops)
    {
        using var pair = SocketPair.Create();
        var connection = Connect(pair, loops);
        var first = connection.AwaitFirstByte();

        connection.Reset();

        Assert.NotEqual(FirstByteResult.Readable, await first.Result.WaitAsync(Patience));
    }

    private TcpConnection Connect(SocketPair pair, int loops) => new(pair.Ours, Options, EventLoops.Start(Sys, loops));

    private void AssertFlow(TcpConnection connection, byte[] expected)
    {
        var hand = Flow.FromGraph(connection.ToFlow(Pool, TimeProvider.System)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        hand.TakeAll();
        Assert.Equal(expected, hand.ExpectEnd());
        hand.Complete();
        StagesStop();
        PoolIsFull();
    }
}
