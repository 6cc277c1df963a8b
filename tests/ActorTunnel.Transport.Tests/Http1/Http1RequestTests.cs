using System.Text;
using ActorTunnel.Http2.Frames;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.Transport.Http1;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Sessions;
using Xunit;

namespace ActorTunnel.Transport.Tests.Http1;

/// <summary>A request, its answer, and what comes instead of either.</summary>
public sealed class Http1RequestTests : Http1TunnelTest
{
    [Fact]
    public void A_request_cut_at_every_byte_is_the_same_request_and_what_follows_is_the_tunnel_s()
    {
        var sent = Ascii(Request + "early bytes");
        for (var cut = 0; cut <= sent.Length; cut++)
        {
            Start();
            Client.TakeAll();
            Client.Give(sent.AsSpan(0, cut));
            Client.Give(sent.AsSpan(cut));
            Client.Complete();
            var tunnel = Accept(ExpectRequest());
            tunnel.Origin.TakeAll();
            tunnel.Origin.Complete();

            Assert.Equal("early bytes", Encoding.ASCII.GetString(tunnel.Origin.ExpectEnd()));
            Assert.Equal(Established, Encoding.ASCII.GetString(Client.ExpectEnd()));
            ExpectEnded();
        }
    }

    [Fact]
    public void A_request_that_comes_byte_by_byte_is_gathered()
    {
        Start();
        foreach (var octet in Ascii(Request + "early"))
        {
            Client.Give([octet]);
        }

        var tunnel = Accept(ExpectRequest());
        tunnel.Origin.TakeAll();
        Assert.Equal("early", Encoding.ASCII.GetString(tunnel.Origin.ExpectBytes(5)));
    }

    [Fact]
    public void A_large_first_slice_is_no_larger_head()
    {
        Start();
        var early = Payload.Bytes(1, 60_000);
        Client.Give([.. Ascii(Request), .. early]);
        var tunnel = Accept(ExpectRequest());
        tunnel.Origin.TakeAll();
        Assert.Equal(early, tunnel.Origin.ExpectBytes(early.Length));
    }

    [Fact]
    public void The_200_and_the_bytes_that_wait_behind_it_are_one_write()
    {
        Start();
        Client.Give(Ascii(Request));
        var port = ExpectRequest();
        port.Send.Write(Pool.Slice("hello"u8));
        Handle.Respond(port, Accepted, endStream: false);
        Client.Take();
        Assert.Equal(Established + "hello", Encoding.ASCII.GetString(Client.ExpectBytes(Established.Length + 5)));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 405)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/3.0\r\nHost: a:1\r\n\r\n", 505)]
    [InlineData("CONNECT a:1 HTTP/1.1\n", 400)]
    public void What_is_no_CONNECT_is_told_with_the_status_of_its_refusal(string request, int status)
    {
        Start();
        Client.Give(Ascii(request + "behind it"));
        Actor.ExpectMsg<SessionProtocol.PeerReady>();
        Assert.Equal(status, Actor.ExpectMsg<SessionProtocol.RequestRefused>().Status);
    }

    [Fact]
    public void A_request_line_that_does_not_end_is_a_414_and_fields_that_do_not_end_are_a_431()
    {
        Start();
        Client.Give(Ascii("CONNECT " + new string('a', 16 * 1024)));
        Actor.ExpectMsg<SessionProtocol.PeerReady>();
        Assert.Equal(414, Actor.ExpectMsg<SessionProtocol.RequestRefused>().Status);

        Start();
        Client.Give(Ascii("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nx: " + new string('a', 9_000)));
        Client.Give(Ascii(new string('a', 9_000)));
        Actor.ExpectMsg<SessionProtocol.PeerReady>();
        Assert.Equal(431, Actor.ExpectMsg<SessionProtocol.RequestRefused>().Status);
    }

    [Fact]
    public void A_refusal_is_written_behind_it_our_end_and_then_the_client_s_bytes_are_dropped()
    {
        var port = Refused();
        var answer = Encoding.ASCII.GetString(Client.ExpectEnd());
        Assert.StartsWith("HTTP/1.1 404 Not Found\r\nproxy-status: test; error=destination_not_found\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello", answer, StringComparison.Ordinal);

        Client.Give(Payload.Bytes(1, 200_000));
        Client.ExpectGiven(2);
        Client.Settle();
        Assert.False(Client.IsCancelled);
        Client.Complete();
        StagesStop();
        Assert.False(port.Receive.HasBytes);
        var ended = ExpectEnded();
        Assert.Equal((SessionEndReason.Orderly, true), (ended.Reason, ended.WasReady));
    }

    [Fact]
    public void A_refused_client_that_sends_on_is_cut_off()
    {
        Refused();
        Client.ExpectEnd();
        for (var i = 0; i < 6; i++)
        {
            Client.Give(Payload.Bytes(1, 60_000));
        }

        Assert.Equal(TransportFault.AbortedAfterEnd, ((TransportException)Client.ExpectCancelled()).Fault);
        StagesStop();
    }

    [Fact]
    public void A_refused_client_that_does_not_end_is_cut_off_after_a_few_seconds()
    {
        Refused();
        Client.ExpectEnd();
        Time.Advance(Http1TunnelStage.AnswerTimeout - TimeSpan.FromMilliseconds(1));
        Client.Settle();
        Assert.False(Client.IsCancelled);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Client.ExpectCancelled();
        StagesStop();
    }

    /// <summary>The tunnel's actor gives its stream up a second after its refusal.</summary>
    [Fact]
    public void A_reset_after_the_refusal_takes_nothing_from_it()
    {
        Start();
        Client.Give(Ascii(Request));
        var port = ExpectRequest();
        Handle.RespondWith(port, NotFound, "hello");
        Handle.Reset(port, ErrorCode.NoError);
        port.Receive.Cancel(PipeEnd.Aborted);
        Client.TakeAll();
        Assert.EndsWith("hello", Encoding.ASCII.GetString(Client.ExpectEnd()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    public void What_is_no_HTTP_1_ends_without_a_word(string bytes)
    {
        Start();
        Client.TakeAll();
        Client.Give(Encoding.Latin1.GetBytes(bytes));
        Client.ExpectFailure<TransportException>();
        var ended = ExpectEnded();
        Assert.Equal((SessionEndReason.PeerError, false), (ended.Reason, ended.WasReady));
        Assert.Empty(Client.TakePending());
    }

    [Theory]
    [InlineData("")]
    [InlineData("CONNECT a")]
    public void An_end_before_the_request_is_whole_ends_the_connection(string bytes)
    {
        Start();
        Client.TakeAll();
        Client.Give(Ascii(bytes));
        Client.Complete();
        Client.ExpectFailure<TransportException>();
        var ended = ExpectEnded();
        Assert.Equal((SessionEndReason.TransportLost, false), (ended.Reason, ended.WasReady));
    }

    [Fact]
    public void A_client_that_is_lost_before_the_answer_is_told_to_the_tunnel()
    {
        Start();
        Client.Give(Ascii(Request));
        var port = ExpectRequest();
        port.SetOwner(Actor);
        Client.FailNow(new TransportException(TransportFault.Reset, "test"));
        var reset = Actor.ExpectMsg<TunnelPortProtocol.StreamWasReset>();
        Assert.True(reset.ByPeer);
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded().Reason);
        Handle.Respond(port, Accepted, endStream: false); // Too late; nothing waits for it.
        StagesStop();
    }

    [Fact]
    public void A_stop_before_the_request_ends_the_connection_and_one_after_it_leaves_the_tunnel()
    {
        Start();
        Client.TakeAll();
        Handle.Close();
        Client.ExpectFailure<TransportException>();
        ExpectEnded();

        var tunnel = StartTunnel();
        Handle.BeginGoAway();
        Handle.Close();
        Actor.ExpectMsg<SessionProtocol.GoAwayCompleted>();
        tunnel.Origin.Give([1, 2, 3]);
        Assert.Equal([1, 2, 3], Client.ExpectBytes(3));
    }

    [Fact]
    public void A_stream_of_ours_is_not_to_be_had()
    {
        Start();
        Handle.Open(this, Accepted);
        Assert.Same(this, Actor.ExpectMsg<SessionProtocol.TunnelNotOpened>().Token);
    }

    /// <summary>A connection whose request was refused with a body.</summary>
    private TunnelPort Refused()
    {
        Start();
        Client.TakeAll();
        Client.Give(Ascii(Request + "early"));
        var port = ExpectRequest();
        Handle.RespondWith(port, NotFound, "hello");
        return port;
    }
}
