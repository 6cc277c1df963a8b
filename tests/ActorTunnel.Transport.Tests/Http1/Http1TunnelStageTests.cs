using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Sessions;
using Xunit;

namespace ActorTunnel.Transport.Tests.Http1;

/// <summary>The bytes of an established tunnel, their backpressure, and its ends.</summary>
public sealed class Http1TunnelStageTests : Http1TunnelTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_528)]
    [InlineData(1_000_000)]
    public void Bytes_pass_both_ways_and_each_way_ends_on_its_own(int length)
    {
        var tunnel = StartTunnel();
        tunnel.Origin.TakeAll();
        Client.Give(Pool.Slices(Payload.Bytes(1, length)));
        Client.Complete();
        Assert.Equal(Payload.Bytes(1, length), tunnel.Origin.ExpectEnd());

        tunnel.Origin.Give(Pool.Slices(Payload.Bytes(2, length)));
        tunnel.Origin.Complete();
        Assert.Equal(Payload.Bytes(2, length), Client.ExpectEnd());

        var result = tunnel.Result();
        Assert.Equal((length, length, PipeEnd.Clean, PipeEnd.Clean), ((int)result.BytesSent, (int)result.BytesReceived, result.SendEnd, result.ReceiveEnd));
        StagesStop();
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded().Reason);
    }

    [Fact]
    public void An_end_of_the_origin_leaves_the_client_its_direction()
    {
        var tunnel = StartTunnel();
        tunnel.Origin.TakeAll();
        tunnel.Origin.Give(Payload.Bytes(2, 1_000));
        tunnel.Origin.Complete();
        Assert.Equal(Payload.Bytes(2, 1_000), Client.ExpectEnd());

        for (var i = 0; i < 3; i++)
        {
            Client.Give(Payload.Bytes(1, i * 100_000, 60_000));
            Assert.Equal(Payload.Bytes(1, i * 100_000, 60_000), tunnel.Origin.ExpectBytes(60_000));
        }

        Client.Complete();
        Assert.Empty(tunnel.Origin.ExpectEnd());
        StagesStop();
    }

    [Fact]
    public void A_client_is_read_one_block_ahead_of_an_origin_that_does_not_take()
    {
        var tunnel = StartTunnel();
        for (var i = 0; i < 10; i++)
        {
            Client.Give(Payload.Bytes(1, i * 1_000, 1_000));
        }

        // The request, the block that the relay was asked for, and the one behind it.
        tunnel.Origin.Take();
        Assert.Equal(Payload.Bytes(1, 1_000), tunnel.Origin.ExpectBytes(1_000));
        Client.ExpectGiven(3);
        Client.Settle();
        tunnel.Origin.Settle();
        Client.Settle();
        Assert.Equal(3, Client.GivenElements);

        tunnel.Origin.TakeAll();
        Assert.Equal(Payload.Bytes(1, 1_000, 9_000), tunnel.Origin.ExpectBytes(9_000));
    }

    [Fact]
    public void An_origin_is_read_one_block_ahead_of_a_client_that_does_not_take()
    {
        Start();
        Client.Give(Ascii(Request));
        var tunnel = Accept(ExpectRequest());
        Client.Take();
        Assert.Equal(Established.Length, Client.ExpectBytes(Established.Length).Length);
        for (var i = 0; i < 10; i++)
        {
            tunnel.Origin.Give(Payload.Bytes(2, i * 1_000, 1_000));
        }

        tunnel.Origin.ExpectGiven(1);
        Client.Settle();
        tunnel.Origin.Settle();
        Client.Settle();
        Assert.Equal(1, tunnel.Origin.GivenElements);

        Client.TakeAll();
        Assert.Equal(Payload.Bytes(2, 10_000), Client.ExpectBytes(10_000));
    }

    [Fact]
    public void A_reset_of_the_client_resets_the_tunnel_at_once()
    {
        var tunnel = StartTunnel();
        Client.Give(Payload.Bytes(1, 50_000)); // Nobody takes them.
        Client.ExpectGiven(2);
        Client.FailNow(new TransportException(TransportFault.Reset, "test"));
        tunnel.Origin.ExpectFailure<TransportException>();
        var result = tunnel.Result();
        Assert.Equal((PipeEnd.StreamReset, PipeEnd.StreamReset), (result.SendEnd, result.ReceiveEnd));
        tunnel.Owner.ExpectMsg<TunnelPortProtocol.StreamWasReset>();
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded().Reason);
    }

    [Fact]
    public void A_reset_of_the_client_behind_its_end_leaves_that_end()
    {
        var tunnel = StartTunnel();
        Client.Give(Payload.Bytes(1, 50_000));
        Client.CompleteNow();
        tunnel.Owner.ExpectMsg<TunnelPortProtocol.EndReceived>();
        Client.Cancel(new TransportException(TransportFault.Reset, "test"));
        tunnel.Origin.TakeAll();
        Assert.Equal(Payload.Bytes(1, 50_000), tunnel.Origin.ExpectBytes(50_000));
        var result = tunnel.Result();
        Assert.Equal((PipeEnd.StreamReset, PipeEnd.Clean), (result.SendEnd, result.ReceiveEnd));
    }

    [Fact]
    public void A_reset_of_the_client_behind_an_end_that_is_still_unread_leaves_its_bytes_and_that_end()
    {
        var tunnel = StartTunnel();
        Client.Cancel(new TransportException(TransportFault.ResetAfterEnd, "test"));
        tunnel.Origin.Give([9]); // For nobody any more.
        Client.Give(Payload.Bytes(1, 50_000));
        Client.Give(Payload.Bytes(1, 50_000, 50_000));
        Client.Complete();

        tunnel.Origin.TakeAll();
        Assert.Equal(Payload.Bytes(1, 100_000), tunnel.Origin.ExpectEnd());
        var result = tunnel.Result();
        Assert.Equal((PipeEnd.StreamReset, PipeEnd.Clean), (result.SendEnd, result.ReceiveEnd));
        Assert.Equal(SessionEndReason.Orderly, ExpectEnded().Reason);
        StagesStop();
    }

    [Fact]
    public void A_reset_of_the_origin_resets_the_client()
    {
        var tunnel = StartTunnel();
        tunnel.Origin.FailNow(new TransportException(TransportFault.Reset, "test"));
        Assert.Equal(TransportFault.Aborted, Client.ExpectFailure<TransportException>().Fault);
        Client.ExpectCancelled();
        Assert.Equal(PipeEnd.ConnectionReset, tunnel.Result().SendEnd);
    }

    /// <summary>It has answered and closed before it read everything, as servers do that refuse an upload.</summary>
    [Fact]
    public void A_reset_of_the_origin_behind_its_end_comes_after_all_its_bytes_and_that_end()
    {
        Start();
        Client.Give(Ascii(Request));
        var tunnel = Accept(ExpectRequest());
        Client.Take();
        Client.ExpectBytes(Established.Length);
        tunnel.Origin.Give(Payload.Bytes(2, 30_000));
        tunnel.Origin.CompleteNow();
        tunnel.Origin.ExpectGiven(1);
        tunnel.Origin.Cancel(new TransportException(TransportFault.Reset, "test"));
        Assert.Equal((PipeEnd.Clean, PipeEnd.ConnectionReset), (tunnel.Result().SendEnd, tunnel.Result().ReceiveEnd));

        Client.TakeAll();
        Assert.Equal(Payload.Bytes(2, 30_000), Client.ExpectEnd());
        Assert.Equal(TransportFault.AbortedAfterEnd, ((TransportException)Client.ExpectCancelled()).Fault);
        StagesStop();
    }

    [Fact]
    public void A_client_that_does_not_take_the_last_bytes_of_a_reset_tunnel_is_cut_off()
    {
        Start();
        Client.Give(Ascii(Request));
        var port = ExpectRequest();
        port.EndDeliveryTimeout = TimeSpan.FromSeconds(3);
        var tunnel = Accept(port);
        tunnel.Origin.Give(Payload.Bytes(2, 30_000));
        tunnel.Origin.CompleteNow();
        tunnel.Origin.Cancel(new TransportException(TransportFault.Reset, "test"));
        tunnel.Result();
        Eventually(() => Assert.Equal(1, Time.Timers));
        Time.Advance(port.EndDeliveryTimeout);
        Assert.Equal(TransportFault.Aborted, ((TransportException)Client.ExpectCancelled()).Fault);
        Assert.Equal(SessionEndReason.Aborted, ExpectEnded().Reason); // The relay had counted them as passed on.
        StagesStop();
    }

    [Fact]
    public void A_client_that_does_not_take_the_last_bytes_of_a_tunnel_that_is_over_is_cut_off()
    {
        Start();
        Client.Give(Ascii(Request));
        var tunnel = Accept(ExpectRequest());
        tunnel.Origin.TakeAll();
        Client.Complete();
        tunnel.Origin.ExpectEnd();
        tunnel.Origin.Give(Payload.Bytes(2, 30_000));
        tunnel.Origin.ExpectGiven(1);
        tunnel.Origin.CompleteNow();
        Assert.Equal(PipeEnd.Clean, tunnel.Result().SendEnd);
        Eventually(() => Assert.Equal(1, Time.Timers));
        Time.Advance(LastBytesTimeout - TimeSpan.FromSeconds(1));
        Client.Settle();
        Assert.False(Client.HasEnded);
        Time.Advance(TimeSpan.FromSeconds(1));
        Client.ExpectFailure<TransportException>();
        Assert.Equal(SessionEndReason.Aborted, ExpectEnded().Reason);
    }

    [Fact]
    public void An_abort_resets_both_sides()
    {
        var tunnel = StartTunnel();
        Handle.Abort(Http2.Frames.ErrorCode.InternalError, "test");
        Client.ExpectFailure<TransportException>();
        tunnel.Origin.ExpectFailure<TransportException>();
        Assert.Equal(PipeEnd.Aborted, tunnel.Result().ReceiveEnd);
    }

    [Fact]
    public void A_drain_of_the_relay_resets_both_sides()
    {
        var tunnel = StartTunnel();
        tunnel.Control.Abort(PipeEnd.Drained);
        Client.ExpectFailure<TransportException>();
        tunnel.Origin.ExpectFailure<TransportException>();
    }

    [Fact]
    public void A_stage_that_is_stopped_gives_back_what_it_holds()
    {
        Start();
        Client.Give(Ascii(Request[..20]));
        Client.ExpectGiven(1);

        var tunnel = StartTunnel();
        Client.Give(Payload.Bytes(1, 60_000));
        tunnel.Origin.Give(Payload.Bytes(2, 60_000));
        Materializer.Shutdown();
        PoolIsFull();
    }
}
