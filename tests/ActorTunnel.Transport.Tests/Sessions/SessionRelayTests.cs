using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Sockets;
using Akka.Streams.Implementation;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

/// <summary>Relays between ports and sockets, which run in the session's actor as long as there is one.</summary>
public sealed class SessionRelayTests : SessionTest
{
    private static readonly RelayResult Lost = new(0, 0, PipeEnd.SessionLost, PipeEnd.SessionLost, false);

    private readonly List<SocketPair> _pairs = [];

    [Fact]
    public void A_relay_carries_bytes_and_ends_both_ways_in_the_sessions_actor()
    {
        StartPair();
        var (clientPort, serverPort) = OpenPorts();
        Server.Respond(serverPort, Accepted, endStream: false);
        var application = StartRelay(clientPort);
        var origin = StartRelay(serverPort);

        application.Peer.Send(Payload.Bytes(1, 300_000));
        application.Peer.SendFin();
        Assert.Equal(Payload.Bytes(1, 300_000), origin.Peer.Receive(300_000));
        origin.Peer.ExpectFin();
        Assert.Equal(1, Actors());
        origin.Peer.Send(Payload.Bytes(2, 200_000));
        origin.Peer.SendFin();
        Assert.Equal(Payload.Bytes(2, 200_000), application.Peer.Receive(200_000));
        application.Peer.ExpectFin();

        Assert.Equal(new RelayResult(300_000, 200_000, PipeEnd.Clean, PipeEnd.Clean, false), application.Result());
        Assert.Equal(new RelayResult(200_000, 300_000, PipeEnd.Clean, PipeEnd.Clean, false), origin.Result());
    }

    [Fact]
    public void A_relay_outlives_the_stage_of_its_session()
    {
        var (transport, port) = OpenAlone();
        var relay = StartRelay(port);
        relay.Peer.Send(new byte[100]);
        Eventually(() => Assert.NotEqual(0, Pool.Rented));

        transport.FailNow(new IOException("test"));

        ExpectEnded(ClientActor);
        relay.Peer.ExpectReset();
        Assert.Equal(PipeEnd.SessionLost, relay.Result().ReceiveEnd);
        StagesStop();
    }

    [Fact]
    public void A_relay_that_is_started_when_the_session_has_stopped_resets_its_connection()
    {
        var (transport, port) = OpenAlone();
        transport.FailNow(new IOException("test"));
        ExpectEnded(ClientActor);
        StagesStop();

        var relay = StartRelay(port, Pool.Slice([1]));

        relay.Peer.ExpectReset();
        Assert.Equal(Lost, relay.Result());
        StagesStop();
    }

    /// <summary>The command comes in the turn in which the stage stops, so that the stage does not carry it out.</summary>
    [Fact]
    public void A_relay_that_is_started_when_the_session_is_about_to_stop_resets_its_connection()
    {
        var (transport, port) = OpenAlone();
        Started? relay = null;
        transport.TakeAfter(() =>
        {
            transport.FailNow(new IOException("test")); // Comes before the wake-up.
            relay = StartRelay(port, Pool.Slice([1]));
        });

        ExpectEnded(ClientActor);
        relay!.Peer.ExpectReset();
        Assert.Equal(Lost, relay.Result());
        StagesStop();
    }

    /// <summary>The stage carries the command out and stops in the same turn of its actor, before the relay has begun.</summary>
    [Fact]
    public void A_relay_that_is_started_in_the_turn_in_which_the_session_stops_resets_its_connection()
    {
        var (transport, port) = OpenAlone();
        Started? relay = null;
        transport.TakeAfter(() =>
        {
            relay = StartRelay(port, Pool.Slice([1]));
            transport.Give([0, 0, 8, 6, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]); // PING with ACK: makes the session look for commands.
            transport.Fail(new IOException("test"));
        });

        ExpectEnded(ClientActor);
        relay!.Peer.ExpectReset();
        Assert.Equal(Lost, relay.Result());
        StagesStop();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_relay_that_is_started_while_the_session_closes_resets_its_connection(bool together)
    {
        var (transport, port) = OpenAlone();
        Started? relay = null;
        transport.TakeAfter(() =>
        {
            Client.Abort(ErrorCode.InternalError, "test");
            relay = together ? StartRelay(port, Pool.Slice([1])) : null;
        });
        ExpectEnded(ClientActor);
        relay ??= StartRelay(port, Pool.Slice([1]));

        relay.Peer.ExpectReset();
        Assert.Equal(Lost, relay.Result());
        Assert.Equal(1, Actors()); // The session has its last moment.
        Time.Advance(TimeSpan.FromSeconds(1));
        StagesStop();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Eventually(() => Assert.All(_pairs, static pair => Assert.True(pair.Ours.SafeHandle.IsClosed))); // A relay has its result a moment before.
        _pairs.ForEach(static pair => pair.Dispose());
    }

    /// <summary>A client with a stream that is not answered; the hand is its transport.</summary>
    private (Hand Transport, TunnelPort Port) OpenAlone()
    {
        (Client, var transport) = StartAlone(ClientStage());
        transport.Give([0, 0, 0, 4, 0, 0, 0, 0, 0]); // SETTINGS
        ClientActor.ExpectMsg<SessionProtocol.PeerReady>();
        Client.Open("token", Request);
        return (transport, ClientActor.ExpectMsg<SessionProtocol.TunnelOpened>().Port);
    }

    private Started StartRelay(TunnelPort port, Slice preamble = default)
    {
        var pair = SocketPair.Create();
        _pairs.Add(pair);
        var ended = new TaskCompletionSource<RelayResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var connection = new TcpConnection(pair.Ours, new TcpConnectionOptions { ResetUnlessClean = true });
        port.Start(new RelayGraph(connection, Pool, new RelayParts(port.Send, port.Receive, default, Time, ended.SetResult, preamble), Materializer, Akka.Dispatch.Dispatchers.DefaultDispatcherId));
        return new Started(pair.Peer, ended.Task);
    }

    /// <summary>Actors of graphs.</summary>
    private int Actors()
    {
        Materializer.Supervisor.Tell(StreamSupervisor.GetChildren.Instance, TestActor);
        return ExpectMsg<StreamSupervisor.Children>().Refs.Count;
    }

    private sealed record Started(PeerSocket Peer, Task<RelayResult> Ended)
    {
        public RelayResult Result()
        {
            Assert.True(Ended.Wait(Patience), "the relay goes on");
            return Ended.Result;
        }
    }
}
