using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Sessions;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sessions;

/// <summary>A peer that says nothing, or takes nothing, and how long a session waits for it.</summary>
public sealed class SessionLivenessTests : SessionTest
{
    private static readonly byte[] Hello = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4)];
    private static readonly byte[] OurPing = Frame(6, 0, [.. "ATlive"u8, 0, 0]);
    private static readonly byte[] OurPingBack = Frame(6, 1, [.. "ATlive"u8, 0, 0]);

    private static SessionTimeouts Pings { get; } = new() { PingInterval = Seconds(10), PingTimeout = Seconds(20) };

    private static SessionTimeouts Writes { get; } = new() { WriteTimeout = Seconds(30) };

    [Theory]
    [InlineData(20)]
    [InlineData(300)]
    public void A_silent_peer_is_asked_after_the_interval_and_again_after_its_answer(double timeout)
    {
        var transport = StartServer(Pings with { PingTimeout = Seconds(timeout) });
        Pass(9.9);
        transport.Settle();
        Assert.Empty(transport.TakePending());
        Pass(0.1);
        Assert.Equal(OurPing, transport.ExpectBytes(17));

        Pass(5);
        transport.Give(OurPingBack);
        transport.Settle();
        for (var i = 0; i < 10; i++)
        {
            Pass(1);
            transport.Settle();
        }

        Assert.Equal(OurPing, transport.TakePending());
    }

    [Fact]
    public void Whatever_comes_shows_that_the_peer_is_there()
    {
        var transport = StartServer(Pings);
        for (var i = 0; i < 30; i++)
        {
            Pass(9);
            transport.Give(Frame(0xab));
            transport.Settle();
        }

        Assert.Empty(transport.TakePending());
        Assert.False(ServerActor.HasMessages);
    }

    [Fact]
    public void A_peer_that_does_not_answer_is_dead_at_the_timeout_and_its_tunnels_are_reset()
    {
        Timeouts = Pings;
        var (handle, transport) = StartAlone(ClientStage());
        transport.TakeAll();
        transport.Give(Frame(4));
        ClientActor.ExpectMsg<SessionProtocol.PeerReady>();
        handle.Open("one", Request);
        var tunnel = CreateTestProbe();
        ClientActor.ExpectMsg<SessionProtocol.TunnelOpened>().Port.SetOwner(tunnel);
        Pass(10);
        transport.Settle();
        Pass(9.9);
        transport.Settle();
        Assert.False(ClientActor.HasMessages);

        Pass(0.1);

        Assert.Equal(SessionEndReason.PeerSilent, ExpectEnded(ClientActor).Reason);
        tunnel.ExpectMsg<TunnelPortProtocol.SessionWasLost>();
        Assert.Equal(TransportFault.Aborted, transport.ExpectFailure<TransportException>().Fault);
        transport.ExpectCancelled();
        StagesStop();
    }

    [Fact]
    public void A_process_that_did_not_run_gives_its_peer_time_to_answer()
    {
        var transport = StartServer(Pings);
        Pass(10);
        Assert.Equal(OurPing, transport.ExpectBytes(17));
        Pass(60);
        Assert.Equal(OurPing, transport.ExpectBytes(17));
        Assert.False(ServerActor.HasMessages);

        Pass(9.9);
        transport.Settle();
        Assert.False(ServerActor.HasMessages);
        Pass(0.1);
        Assert.Equal(SessionEndReason.PeerSilent, ExpectEnded(ServerActor).Reason);
    }

    [Fact]
    public void A_transport_that_takes_nothing_is_given_up_at_the_write_timeout()
    {
        var transport = StartServer(Writes, takesAll: false);
        transport.Give(Frame(6, 0, new byte[8])); // Its answer is handed over, and not taken.
        transport.Settle();
        Pass(29.9);
        transport.Settle();
        Assert.False(ServerActor.HasMessages);

        Pass(0.1);

        Assert.Equal(SessionEndReason.WriteStalled, ExpectEnded(ServerActor).Reason);
        transport.ExpectFailure<TransportException>();
        StagesStop();
    }

    [Fact]
    public void A_process_that_did_not_run_gives_its_transport_time_to_take_more()
    {
        var transport = StartServer(Writes, takesAll: false);
        transport.Give(Frame(6, 0, new byte[8]));
        transport.Settle();
        Pass(100);
        transport.Settle();
        Assert.False(ServerActor.HasMessages);

        Pass(30);
        Assert.Equal(SessionEndReason.WriteStalled, ExpectEnded(ServerActor).Reason);
    }

    [Fact]
    public void A_transport_that_takes_a_little_now_and_then_is_not_stalled()
    {
        var transport = StartServer(Writes, takesAll: false);
        for (var i = 0; i < 10; i++)
        {
            transport.Give(Frame(6, 0, new byte[8]));
            transport.Settle();
            Pass(29);
            transport.Take();
            transport.Settle();
            Pass(2);
            transport.Settle();
        }

        Assert.False(ServerActor.HasMessages);
    }

    [Fact]
    public void Where_nothing_waits_nothing_is_stalled()
    {
        var transport = StartServer(Writes);
        for (var i = 0; i < 100; i++)
        {
            Pass(30);
            transport.Settle();
        }

        Assert.False(ServerActor.HasMessages);
    }

    [Fact]
    public void A_session_has_one_timer_however_much_it_carries_and_none_where_all_is_off()
    {
        Timeouts = new SessionTimeouts { PingInterval = Seconds(10), PingTimeout = Seconds(20), WriteTimeout = Seconds(30) };
        var (_, transport) = StartAlone(ServerStage());
        transport.TakeAll();
        transport.Give(Hello);
        ServerActor.ExpectMsg<SessionProtocol.PeerReady>();
        for (var i = 0; i < 50; i++)
        {
            transport.Give(Frame(6, 0, new byte[8]));
            Pass(1);
            transport.Settle();
        }

        Assert.Equal(1, Time.Timers);
        StartServer(SessionTimeouts.None);
        Assert.Equal(1, Time.Timers);
    }

    [Fact]
    public void A_tunnel_for_a_peer_that_was_heard_of_within_the_interval_does_not_wait()
    {
        var (handle, transport) = StartClient();
        Pass(10);
        handle.Open("one", Request);
        Assert.Equal("one", ClientActor.ExpectMsg<SessionProtocol.TunnelOpened>().Token);
    }

    [Fact]
    public void A_tunnel_for_a_peer_that_was_silent_for_longer_waits_until_it_is_heard_of()
    {
        var (handle, transport) = StartClient();
        Pass(10.5);
        transport.Settle();
        handle.Open("one", Request);
        handle.Open("two", Request);
        transport.Settle();
        Assert.False(ClientActor.HasMessages);
        Assert.Equal(OurPing, transport.TakePending());

        transport.Give(OurPingBack);

        Assert.Equal("one", ClientActor.ExpectMsg<SessionProtocol.TunnelOpened>().Token);
        Assert.Equal("two", ClientActor.ExpectMsg<SessionProtocol.TunnelOpened>().Token);
        Pass(5);
        transport.Settle();
        Assert.False(ClientActor.HasMessages);
    }

    [Fact]
    public void A_tunnel_for_a_dead_peer_is_not_opened_and_the_session_ends_at_once()
    {
        var (handle, transport) = StartClient();
        Pass(10.5);
        transport.Settle();
        handle.Open("one", Request);
        transport.Settle();
        Pass(1.9);
        transport.Settle();
        Assert.False(ClientActor.HasMessages);

        Pass(0.1);

        Assert.Equal(SessionEndReason.PeerSilent, ExpectEnded(ClientActor).Reason);
        StagesStop();
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static byte[] Frame(byte type, byte flags = 0, byte[]? payload = null) =>
        [0, 0, (byte)(payload?.Length ?? 0), type, flags, 0, 0, 0, 0, .. payload ?? []];

    private void Pass(double seconds) => Time.Advance(Seconds(seconds));

    /// <summary>A session with PINGs to a terminator that has said hello.</summary>
    private (SessionHandle Handle, Hand Transport) StartClient()
    {
        Timeouts = Pings;
        var (handle, transport) = StartAlone(ClientStage());
        transport.TakeAll();
        transport.Give(Frame(4));
        ClientActor.ExpectMsg<SessionProtocol.PeerReady>();
        transport.Settle();
        transport.TakePending();
        return (handle, transport);
    }

    /// <summary>A session whose peer has said hello; what it answered to that is taken.</summary>
    private Hand StartServer(SessionTimeouts timeouts, bool takesAll = true)
    {
        Timeouts = timeouts;
        var (_, transport) = StartAlone(ServerStage());
        transport.Take();
        transport.Settle();
        transport.Give(Hello);
        ServerActor.ExpectMsg<SessionProtocol.PeerReady>();
        transport.Take(takesAll ? int.MaxValue : 2); // For the acknowledgement, and to show that it was taken.
        transport.Settle();
        transport.TakePending();
        return transport;
    }
}
