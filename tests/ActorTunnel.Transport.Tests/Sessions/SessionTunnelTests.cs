using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Sessions;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

public sealed class SessionTunnelTests : SessionTest
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(65_528, false)]
    [InlineData(2 * MiB, false)]
    [InlineData(2 * MiB, true)]
    public void Bytes_and_ends_go_both_ways(int length, bool tls)
    {
        StartPair(tls: tls);
        var (application, origin) = OpenTunnel();
        application.Socket.TakeAll();
        origin.Socket.TakeAll();
        application.Socket.Give(Payload.Bytes(1, length));
        application.Socket.Complete();
        origin.Socket.Give(Payload.Bytes(2, length));
        origin.Socket.Complete();
        Assert.Equal(Payload.Bytes(1, length), origin.Socket.ExpectEnd());
        Assert.Equal(Payload.Bytes(2, length), application.Socket.ExpectEnd());
        Assert.Equal(new RelayResult(length, length, PipeEnd.Clean, PipeEnd.Clean, false), application.Result());
        Assert.Equal(new RelayResult(length, length, PipeEnd.Clean, PipeEnd.Clean, false), origin.Result());
        application.Owner.ExpectMsg<TunnelPortProtocol.EndReceived>();
        origin.Owner.ExpectMsg<TunnelPortProtocol.EndReceived>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_half_close_leaves_the_other_way_open(bool byApplication)
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        var (closer, other) = byApplication ? (application, origin) : (origin, application);
        closer.Socket.TakeAll();
        other.Socket.TakeAll();
        closer.Socket.Give([1, 2, 3]);
        closer.Socket.Complete();
        Assert.Equal([1, 2, 3], other.Socket.ExpectEnd());
        for (var i = 0; i < 3; i++)
        {
            other.Socket.Give(Payload.Bytes(2, i * 100_000, 100_000));
            Assert.Equal(Payload.Bytes(2, i * 100_000, 100_000), closer.Socket.ExpectBytes(100_000));
        }

        other.Socket.Complete();
        Assert.Empty(closer.Socket.ExpectEnd());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reset_of_one_connection_resets_the_other(bool byApplication)
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        var (resetter, other) = byApplication ? (application, origin) : (origin, application);
        other.Socket.TakeAll();
        resetter.Socket.Give([1]);
        Assert.Equal([1], other.Socket.ExpectBytes(1));
        resetter.Socket.FailNow(new TransportException(TransportFault.Reset, "test"));
        other.Socket.ExpectFailure<TransportException>();
        Assert.Equal(PipeEnd.ConnectionReset, resetter.Result().SendEnd);
        Assert.Equal(PipeEnd.StreamReset, other.Result().ReceiveEnd);
        other.Owner.ExpectMsg<TunnelPortProtocol.StreamWasReset>(reset =>
        {
            Assert.Equal(ErrorCode.ConnectError, reset.Code);
            Assert.True(reset.ByPeer);
        });

        var (again, _) = OpenTunnel(); // The session is none the worse.
        Assert.NotEqual(application.Port.StreamId, again.Port.StreamId);
    }

    [Fact]
    public void A_reset_behind_an_end_still_delivers_bytes_and_end()
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        application.Socket.Give([1, 2, 3]);
        application.Socket.Complete();
        origin.Owner.ExpectMsg<TunnelPortProtocol.EndReceived>();
        application.Socket.Cancel();
        origin.Owner.ExpectMsg<TunnelPortProtocol.StreamWasReset>();
        origin.Socket.TakeAll();
        Assert.Equal([1, 2, 3], origin.Socket.ExpectEnd());
        Assert.Equal(new RelayResult(0, 3, PipeEnd.StreamReset, PipeEnd.Clean, false), origin.Result());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_end_that_waits_for_windows_is_delivered_before_the_reset_of_the_other_way(bool tls)
    {
        StartPair(tls: tls);
        var (application, origin) = OpenTunnel();
        var bytes = Payload.Bytes(1, 4 * MiB);
        application.Socket.Give(bytes);
        application.Socket.Complete();
        application.Socket.Cancel(new TransportException(TransportFault.ResetAfterEnd, "reset"));
        origin.Socket.Give([9]); // For nobody any more.

        origin.Socket.TakeAll();
        Assert.Equal(bytes, origin.Socket.ExpectEnd());
        origin.Owner.ExpectMsg<TunnelPortProtocol.EndReceived>();
        origin.Owner.ExpectMsg<TunnelPortProtocol.StreamWasReset>(reset => Assert.Equal(ErrorCode.ConnectError, reset.Code));
        Assert.Equal((PipeEnd.StreamReset, PipeEnd.Clean), (origin.Result().SendEnd, origin.Result().ReceiveEnd));
        Assert.Equal((PipeEnd.Clean, PipeEnd.ConnectionReset), (application.Result().SendEnd, application.Result().ReceiveEnd));
        OpenTunnel(); // The session is none the worse.
    }

    [Fact]
    public void An_end_comes_behind_the_bytes_that_wait_in_the_pipe_for_a_window()
    {
        const int length = 60_000;
        StartPair();
        var (clientPort, serverPort) = OpenPorts();
        for (var i = 0; i < 9; i++)
        {
            clientPort.Send.Write(Pool.Slice(Payload.Bytes(1, i * length, length))); // Together more than a stream's window.
        }

        Eventually(() => Assert.False(clientPort.Send.HasBytes)); // The session has them, and takes no more.
        clientPort.Send.Write(Pool.Slice(Payload.Bytes(1, 9 * length, length)));
        clientPort.Send.Complete();
        Assert.True(clientPort.Send.HasBytes);

        Server.Respond(serverPort, Accepted, endStream: false);
        var origin = Relay(serverPort);
        origin.Socket.TakeAll();

        Assert.Equal(Payload.Bytes(1, 10 * length), origin.Socket.ExpectEnd());
    }

    [Fact]
    public void An_end_that_the_peer_gives_no_window_for_is_awaited_for_the_delivery_timeout_and_then_reset()
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        application.Port.EndDeliveryTimeout = TimeSpan.FromSeconds(2);
        application.Socket.Give(new byte[600 * 1024]); // A stream's window is 512 KiB.
        application.Socket.CompleteNow();
        application.Socket.ExpectGiven(1);
        application.Socket.Cancel();
        Assert.Equal(PipeEnd.Clean, application.Result().SendEnd);
        Eventually(() => Assert.Equal(1, Time.Timers));

        Time.Advance(TimeSpan.FromSeconds(1.9));
        origin.Socket.Settle();
        Assert.False(origin.Owner.HasMessages);
        Time.Advance(TimeSpan.FromSeconds(0.2));

        origin.Owner.ExpectMsg<TunnelPortProtocol.StreamWasReset>();
        Assert.NotEqual(PipeEnd.Clean, origin.Result().ReceiveEnd);
    }

    [Fact]
    public void A_tunnel_that_the_drain_ends_is_cancelled()
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        origin.Control.Abort(PipeEnd.Drained);
        application.Owner.ExpectMsg<TunnelPortProtocol.StreamWasReset>(reset => Assert.Equal(ErrorCode.Cancel, reset.Code));
        application.Socket.ExpectFailure<TransportException>();
    }

    [Fact]
    public void Bytes_before_the_response_are_held_and_then_delivered()
    {
        StartPair();
        var (clientPort, serverPort) = OpenPorts();
        var application = Relay(clientPort);
        application.Socket.Give(Payload.Bytes(1, 100_000));
        application.Socket.Complete();
        application.Socket.ExpectGiven(1);
        Eventually(() => Assert.True(serverPort.Receive.HasBytes));
        Server.Respond(serverPort, Accepted, endStream: false);
        var origin = Relay(serverPort);
        origin.Socket.TakeAll();
        Assert.Equal(Payload.Bytes(1, 100_000), origin.Socket.ExpectEnd());
    }

    [Fact]
    public void What_happened_before_a_port_has_an_owner_is_told_in_order()
    {
        StartPair();
        var (clientPort, serverPort) = OpenPorts();
        Server.RespondWith(serverPort, [new(":status", "403")], "no");
        Eventually(() => Assert.Equal(PipeEnd.Clean, clientPort.Receive.End));
        var owner = CreateTestProbe();
        clientPort.SetOwner(owner);
        owner.ExpectMsg<TunnelPortProtocol.ResponseReceived>(r =>
        {
            Assert.Equal("403", r.Fields[0].Value);
            Assert.False(r.EndStream);
        });
        owner.ExpectMsg<TunnelPortProtocol.EndReceived>();
        using var body = new SliceQueue();
        clientPort.Receive.MoveTo(body);
        Assert.Equal("no"u8.ToArray(), body.Drain());
    }

    [Fact]
    public void A_response_that_ends_the_stream_is_a_clean_end()
    {
        StartPair();
        var (clientPort, serverPort) = OpenPorts();
        Server.Respond(serverPort, [new(":status", "502")], endStream: true);
        var owner = CreateTestProbe();
        clientPort.SetOwner(owner);
        owner.ExpectMsg<TunnelPortProtocol.ResponseReceived>(r => Assert.True(r.EndStream));
        Eventually(() => Assert.Equal(PipeEnd.Clean, clientPort.Receive.End));
        Client.End(clientPort);
        Client.End(clientPort); // Twice is once.
        Eventually(() => Assert.Equal(PipeEnd.Clean, serverPort.Receive.End));
    }

    [Fact]
    public void A_refused_request_drops_the_bytes_that_came_with_it()
    {
        StartPair();
        var (clientPort, serverPort) = OpenPorts();
        var application = Relay(clientPort);
        application.Socket.Give(Payload.Bytes(1, 50_000));
        Eventually(() => Assert.True(serverPort.Receive.HasBytes));
        Server.Reset(serverPort, ErrorCode.RefusedStream);
        application.Owner.ExpectMsg<TunnelPortProtocol.StreamWasReset>(reset => Assert.Equal(ErrorCode.RefusedStream, reset.Code));
        application.Socket.ExpectFailure<TransportException>();
        PoolIsFull();
    }

    [Fact]
    public void A_request_that_is_too_large_is_told_as_such()
    {
        StartPair();
        var fields = new List<HeaderField>(Request);
        for (var i = 0; i < 70; i++)
        {
            fields.Add(new HeaderField("x-field", "value"));
        }

        Client.Open("large", fields);
        var requested = ServerActor.ExpectMsg<SessionProtocol.TunnelRequested>();
        Assert.True(requested.HeaderListTooLarge);
        Assert.Empty(requested.Fields);
    }

    [Fact]
    public void A_session_at_its_peers_limit_opens_no_stream()
    {
        StartPair(server: new SessionSettings { MaxConcurrentStreams = 2 });
        OpenPorts();
        OpenPorts();
        Client.Open("third", Request);
        Assert.Equal(new SessionProtocol.TunnelNotOpened("third", ForGood: false), ClientActor.ExpectMsg<SessionProtocol.TunnelNotOpened>());
    }

    [Fact]
    public void A_stream_counts_until_its_last_bytes_are_out_though_its_relay_has_ended_and_its_place_is_free_when_that_is_told()
    {
        StartPair(server: new SessionSettings { MaxConcurrentStreams = 1 });
        ClientActor.IgnoreNoMessages();
        var (application, origin) = OpenTunnel();
        origin.Socket.Complete();
        application.Socket.Give(new byte[600 * 1024]); // A stream's window is 512 KiB.
        application.Socket.CompleteNow();
        application.Socket.TakeAll();
        application.Socket.ExpectEnd();
        Assert.Equal((PipeEnd.Clean, PipeEnd.Clean), (application.Result().SendEnd, application.Result().ReceiveEnd));
        Client.Open("too early", Request);
        Assert.Equal(new SessionProtocol.TunnelNotOpened("too early", ForGood: false), ClientActor.ExpectMsg<SessionProtocol.TunnelNotOpened>());

        origin.Socket.TakeAll();

        Assert.Equal(600 * 1024, origin.Socket.ExpectEnd().Length);
        ClientActor.ExpectMsg<SessionProtocol.TunnelClosed>();
        OpenPorts();
    }

    [Fact]
    public void A_stream_that_either_side_resets_is_told_as_closed_once()
    {
        StartPair(server: new SessionSettings { MaxConcurrentStreams = 1 });
        ClientActor.IgnoreNoMessages();
        var (ours, _) = OpenPorts();
        Client.Reset(ours, ErrorCode.Cancel);
        ClientActor.ExpectMsg<SessionProtocol.TunnelClosed>();

        var (_, theirs) = OpenPorts();
        Server.Reset(theirs, ErrorCode.RefusedStream);
        ClientActor.ExpectMsg<SessionProtocol.TunnelClosed>();

        OpenPorts();
        Assert.False(ClientActor.HasMessages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_hundred_tunnels_carry_exactly_their_own_bytes(bool tls)
    {
        var wire = BidiFlow.FromFlows(Flow.FromGraph(new CutFlow(1, 9_000, 8)), Flow.FromGraph(new CutFlow(2, 9_000, 8)));
        StartPair(tls: tls, wire: wire);
        var random = new Random(3);
        var tunnels = Enumerable.Range(0, 100).Select(_ => OpenTunnel()).ToArray();
        var lengths = tunnels.Select(_ => (Up: random.Next(0, 60_000), Down: random.Next(0, 60_000))).ToArray();
        for (var i = 0; i < tunnels.Length; i++)
        {
            Load(tunnels[i].Application.Socket, Payload.Bytes(2 * i, lengths[i].Up), random);
            Load(tunnels[i].Origin.Socket, Payload.Bytes((2 * i) + 1, lengths[i].Down), random);
        }

        for (var i = 0; i < tunnels.Length; i++)
        {
            Assert.Equal(Payload.Bytes(2 * i, lengths[i].Up), tunnels[i].Origin.Socket.ExpectEnd());
            Assert.Equal(Payload.Bytes((2 * i) + 1, lengths[i].Down), tunnels[i].Application.Socket.ExpectEnd());
            Assert.Equal(
                new RelayResult(lengths[i].Up, lengths[i].Down, PipeEnd.Clean, PipeEnd.Clean, false), tunnels[i].Application.Result());
        }

        PoolIsFull();
    }

    private static void Load(Hand socket, byte[] bytes, Random random)
    {
        socket.TakeAll();
        for (var at = 0; at < bytes.Length;)
        {
            var count = Math.Min(random.Next(1, 20_000), bytes.Length - at);
            socket.Give(bytes.AsSpan(at, count));
            at += count;
        }

        socket.Complete();
    }
}
