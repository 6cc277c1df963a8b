using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Certificates;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Sessions;
using ActorTunnel.Transport.Tls;
using Akka.Streams.Dsl;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

public sealed class SessionEndTests : SessionTest
{
    private const int MaxStreamId = int.MaxValue;

    [Fact]
    public void Going_away_takes_two_steps_and_leaves_tunnels_alone()
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        Server.BeginGoAway();
        Assert.Equal(MaxStreamId, ClientActor.ExpectMsg<SessionProtocol.GoAwayReceived>().LastStreamId);
        ServerActor.ExpectMsg<SessionProtocol.GoAwayCompleted>();
        var second = ClientActor.ExpectMsg<SessionProtocol.GoAwayReceived>();
        Assert.Equal(application.Port.StreamId, second.LastStreamId);
        Assert.Equal(ErrorCode.NoError, second.Code);

        Client.Open("late", Request);
        Assert.Equal(new SessionProtocol.TunnelNotOpened("late", ForGood: true), ClientActor.ExpectMsg<SessionProtocol.TunnelNotOpened>());
        application.Socket.TakeAll();
        origin.Socket.TakeAll();
        application.Socket.Give(Payload.Bytes(1, 300_000));
        Assert.Equal(Payload.Bytes(1, 300_000), origin.Socket.ExpectBytes(300_000));
        application.Socket.Complete();
        origin.Socket.Complete();
        origin.Socket.ExpectEnd();
        application.Socket.ExpectEnd();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_close_in_order_is_seen_as_one_by_both_sides_and_stops_everything(bool tls)
    {
        StartPair(tls: tls);
        Client.Close();
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded(ClientActor).Reason);
        var goAway = ServerActor.ExpectMsg<SessionProtocol.GoAwayReceived>();
        Assert.Equal(ErrorCode.NoError, goAway.Code);
        var ended = ExpectEnded(ServerActor);
        Assert.Equal(SessionEndReason.Orderly, ended.Reason);
        Assert.True(ended.WasReady);
        StagesStop();
    }

    [Fact]
    public void A_close_in_order_flushes_before_it_ends_and_reads_on_for_five_seconds()
    {
        var (handle, transport) = StartReady();
        handle.Close();
        transport.Settle();
        Assert.False(transport.HasEnded);
        transport.TakeAll();
        var sent = transport.ExpectEnd();
        Assert.Equal(GoAway(0, ErrorCode.NoError), sent[^17..]);

        transport.Give([1, 2, 3]);
        transport.ExpectGiven(2);
        Time.Advance(TimeSpan.FromSeconds(4.9));
        transport.Give([4]);
        transport.ExpectGiven(3);
        Assert.False(transport.IsCancelled);
        Time.Advance(TimeSpan.FromSeconds(0.2));
        transport.ExpectCancelled();
        StagesStop();
    }

    /// <summary>An owner that ends the process when the session is over would take the last bytes along.</summary>
    [Fact]
    public void A_close_in_order_is_over_when_the_peer_has_ended_and_not_before()
    {
        var (handle, transport) = StartReady();
        transport.TakeAll();
        handle.Close();
        transport.ExpectEnd();
        transport.Settle();
        Assert.False(ServerActor.HasMessages);

        transport.Complete();
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded(ServerActor).Reason);
        StagesStop();
    }

    [Fact]
    public void A_transport_that_never_takes_the_last_bytes_does_not_hold_the_session()
    {
        var (handle, transport) = StartReady();
        handle.Close();
        transport.Settle();
        Time.Advance(TimeSpan.FromSeconds(5));
        transport.ExpectCancelled();
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded(ServerActor).Reason);
        StagesStop();
    }

    [Fact]
    public void A_transport_that_takes_the_last_bytes_slowly_gets_all_of_them()
    {
        var (handle, transport) = StartReady();
        handle.Close();
        transport.Settle();
        for (var taken = 1; !transport.HasEnded; taken++)
        {
            Time.Advance(TimeSpan.FromSeconds(4));
            transport.Take();
            transport.Settle();
            Assert.False(transport.IsCancelled, $"cut after {taken} pieces");
        }

        Assert.Equal(GoAway(0, ErrorCode.NoError), transport.ExpectEnd()[^17..]);
        Time.Advance(TimeSpan.FromSeconds(4));
        transport.Settle();
        Assert.False(transport.IsCancelled, "the peer had no time to read them");
    }

    [Fact]
    public void A_peer_that_never_said_a_word_has_nothing_to_be_waited_for()
    {
        var (handle, transport) = StartAlone(ServerStage());
        handle.Close();
        transport.Settle();
        Time.Advance(TimeSpan.FromSeconds(1));
        transport.ExpectCancelled();
        StagesStop();
    }

    [Fact]
    public void A_session_that_was_aborted_waits_a_second_for_the_last_bytes()
    {
        var (handle, transport) = StartAlone(ServerStage());
        handle.Abort(ErrorCode.InternalError, "test");
        Assert.Equal(SessionEndReason.Aborted, ExpectEnded(ServerActor).Reason);
        Time.Advance(TimeSpan.FromSeconds(0.9));
        transport.Settle();
        Assert.False(transport.IsCancelled);
        Time.Advance(TimeSpan.FromSeconds(0.1));
        transport.ExpectCancelled();
        StagesStop();
    }

    /// <summary>As the runtime's do, by some milliseconds: their clock is coarser than that of the timestamps.</summary>
    [Fact]
    public void A_timer_that_fires_early_does_not_leave_a_session_open_for_ever()
    {
        Time.Hurry = TimeSpan.FromMilliseconds(3);
        var (handle, transport) = StartReady();
        transport.TakeAll();
        handle.Close();
        transport.ExpectEnd();
        Time.Advance(TimeSpan.FromMilliseconds(4_997));
        transport.Settle();
        Assert.False(transport.IsCancelled);
        Time.Advance(TimeSpan.FromMilliseconds(3));
        transport.ExpectCancelled();
        StagesStop();
    }

    [Fact]
    public void A_request_for_a_stream_after_the_close_is_answered()
    {
        var (handle, transport) = StartAlone(ClientStage());
        handle.Close();
        handle.Open("late", Request);
        Assert.Equal(new SessionProtocol.TunnelNotOpened("late", ForGood: true), ClientActor.ExpectMsg<SessionProtocol.TunnelNotOpened>());
        transport.TakeAll();
        transport.Complete();
        ExpectEnded(ClientActor);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_lost_transport_loses_every_tunnel_and_the_end_is_told_last(bool fails)
    {
        StartPair();
        var tunnels = Enumerable.Range(0, 5).Select(_ => OpenTunnel()).ToArray();
        if (fails)
        {
            Wire.Abort(new TransportException(TransportFault.Reset, "test"));
        }
        else
        {
            Wire.Shutdown();
        }

        foreach (var (application, origin) in tunnels)
        {
            foreach (var tunnel in new[] { application, origin })
            {
                tunnel.Owner.ExpectMsg<TunnelPortProtocol.SessionWasLost>();
                tunnel.Socket.ExpectFailure<TransportException>();
                Assert.Equal(PipeEnd.SessionLost, tunnel.Result().SendEnd);
                Assert.Equal(PipeEnd.SessionLost, tunnel.Result().ReceiveEnd);
            }
        }

        Assert.Equal(SessionEndReason.TransportLost, ExpectEnded(ClientActor).Reason);
        Assert.Equal(SessionEndReason.TransportLost, ExpectEnded(ServerActor).Reason);
        StagesStop();
    }

    [Fact]
    public void Bytes_and_end_that_came_before_the_loss_are_still_delivered()
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        application.Socket.Give([1, 2, 3]);
        application.Socket.Complete();
        origin.Owner.ExpectMsg<TunnelPortProtocol.EndReceived>();
        Wire.Abort(new TransportException(TransportFault.Reset, "test"));
        origin.Owner.ExpectMsg<TunnelPortProtocol.SessionWasLost>();
        origin.Socket.TakeAll();
        Assert.Equal([1, 2, 3], origin.Socket.ExpectEnd());
        Assert.Equal(PipeEnd.SessionLost, origin.Result().SendEnd);
    }

    [Fact]
    public void An_aborted_session_loses_its_tunnels_on_both_sides_and_says_why()
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        Server.Abort(ErrorCode.EnhanceYourCalm, "too much");
        Assert.Equal(SessionEndReason.Aborted, ExpectEnded(ServerActor).Reason);
        origin.Owner.ExpectMsg<TunnelPortProtocol.SessionWasLost>();
        var goAway = ClientActor.ExpectMsg<SessionProtocol.GoAwayReceived>();
        Assert.Equal(ErrorCode.EnhanceYourCalm, goAway.Code);
        Assert.Equal("too much", goAway.Detail);
        application.Owner.ExpectMsg<TunnelPortProtocol.SessionWasLost>();
        application.Socket.ExpectFailure<TransportException>();
        origin.Socket.ExpectFailure<TransportException>();
        ExpectEnded(ClientActor);
        StagesStop();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nhost: x\r\n\r\n", ForeignProtocol.Http1)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", ForeignProtocol.Tls)]
    [InlineData("SSH-2.0-client\r\n", ForeignProtocol.Unknown)]
    public void What_a_stranger_speaks_is_reported(string bytes, ForeignProtocol expected)
    {
        var (_, transport) = StartAlone(ServerStage());
        transport.TakeAll();
        transport.Give(System.Text.Encoding.Latin1.GetBytes(bytes));
        var ended = ExpectEnded(ServerActor);
        Assert.Equal(SessionEndReason.PeerError, ended.Reason);
        Assert.Equal(expected, ended.Foreign);
        Assert.False(ended.WasReady);
        transport.ExpectEnd(); // Its GOAWAY, then the end.
    }

    [Fact]
    public void A_peer_that_breaks_the_protocol_loses_its_tunnels()
    {
        StartPair();
        var (application, _) = OpenTunnel();
        var (_, transport) = StartAlone(new SessionStage(SessionRole.Server, new SessionSettings(), SessionTimeouts.None, Pool, ServerActor, Time));
        transport.TakeAll();
        transport.Give([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0, /* DATA on stream 0 */ 0, 0, 1, 0, 0, 0, 0, 0, 0, 9]);
        ServerActor.ExpectMsg<SessionProtocol.PeerReady>();
        var ended = ExpectEnded(ServerActor);
        Assert.Equal(SessionEndReason.PeerError, ended.Reason);
        Assert.Equal(ErrorCode.ProtocolError, ended.Code);
        Assert.Equal(ForeignProtocol.None, ended.Foreign);
        Assert.True(ended.WasReady);
        Assert.False(application.Relayed.IsCompleted); // Another session is not concerned.
    }

    [Fact]
    public void A_refused_handshake_is_the_reason_of_the_end()
    {
        var (_, transport) = Flow.FromGraph(ServerStage())
            .JoinMaterialized(TlsStage.Server(TestCertificates.ServerOptions(), Pool, static _ => { }), Keep.Left)
            .JoinMaterialized(new TestSupport.Streams.HandStage(Pool), (handle, hand) => (handle, hand))
            .Run(Materializer);
        transport.TakeAll();
        transport.Give("GET / HTTP/1.1\r\n\r\n"u8);
        Assert.Equal(SessionEndReason.TlsRefused, ExpectEnded(ServerActor).Reason);
        StagesStop();
    }

    [Fact]
    public void A_session_whose_stage_is_stopped_tells_so_once()
    {
        StartPair();
        var (application, origin) = OpenTunnel();
        Materializer.Shutdown();
        Assert.Equal(SessionEndReason.Aborted, ExpectEnded(ClientActor).Reason);
        Assert.Equal(SessionEndReason.Aborted, ExpectEnded(ServerActor).Reason);
        application.Owner.ExpectMsg<TunnelPortProtocol.SessionWasLost>();
        origin.Owner.ExpectMsg<TunnelPortProtocol.SessionWasLost>();
    }

    /// <summary>The handle is there before the stage runs.</summary>
    [Fact]
    public void The_handle_works_from_its_first_moment()
    {
        for (var i = 0; i < 50; i++)
        {
            var actor = CreateTestProbe();
            var stage = new SessionStage(SessionRole.Client, new SessionSettings(), SessionTimeouts.None, Pool, actor, Time);
            var (handle, _) = StartAlone(stage);
            handle.Open(i, Request);
            Assert.Equal(i, actor.ExpectMsg<SessionProtocol.TunnelOpened>().Token);
        }
    }

    /// <summary>A server alone whose client has sent its preface.</summary>
    private (SessionHandle Handle, TestSupport.Streams.Hand Transport) StartReady()
    {
        var (handle, transport) = StartAlone(ServerStage());
        transport.Give([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0]);
        ServerActor.ExpectMsg<SessionProtocol.PeerReady>();
        return (handle, transport);
    }
}
