using ActorTunnel.Http2.Buffers;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Pipes;
using ActorTunnel.Transport.Relay;
using ActorTunnel.Transport.Tests.Pipes;
using Akka.Streams.Dsl;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Transport.Tests.Relay;

/// <summary>The relay with a hand for its socket and the test as its session.</summary>
public sealed class RelayStageTests : StageTest
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan HalfClosedIdle = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time = new();
    private readonly TunnelPipe _send = new(1, open: false);
    private readonly TunnelPipe _receive = new(int.MaxValue, open: true);
    private readonly CountingWakeable _session = new();
    private readonly SliceQueue _taken = new();
    private readonly List<RelayResult> _results = [];
    private RelayControl _control = null!;

    protected override void AfterAll()
    {
        _taken.Dispose();
        try
        {
            base.AfterAll();
        }
        finally
        {
            Assert.InRange(Results.Length, 0, 1);
        }
    }

    private RelayResult[] Results
    {
        get
        {
            lock (_results)
            {
                return [.. _results];
            }
        }
    }

    [Fact]
    public void The_socket_is_read_only_when_the_session_wants_bytes()
    {
        var socket = Start();
        socket.Settle();
        Assert.Equal(0, socket.Demands);

        _send.SetOpen(true);
        socket.ExpectDemands(1);
        socket.Give([1, 2, 3]);
        socket.ExpectGiven(1);
        socket.Settle();
        Assert.Equal(1, socket.Demands); // A block waits in the pipe already.

        _send.MoveTo(_taken);
        socket.ExpectDemands(2);
        Assert.Equal([1, 2, 3], _taken.Drain());
    }

    [Fact]
    public void A_session_whose_window_closed_stops_the_reads()
    {
        var socket = Start();
        _send.SetOpen(true);
        socket.ExpectDemands(1);
        socket.Give([1]);
        socket.ExpectGiven(1);
        socket.Settle();
        _send.SetOpen(false);
        _send.MoveTo(_taken);
        socket.Settle();
        Assert.Equal(1, socket.Demands);

        _send.SetOpen(true);
        socket.ExpectDemands(2);
    }

    [Fact]
    public void Bytes_are_repaid_when_the_socket_took_them_and_not_before()
    {
        var socket = Start();
        _receive.Write(Pool.Slice(new byte[700]));
        _receive.Write(Pool.Slice(new byte[300]));
        socket.Take();
        Assert.Equal(1_000, socket.ExpectBytes(1_000).Length);
        socket.Settle();
        Assert.Equal(0, _receive.TakeRepaid());

        socket.Take();
        socket.Settle();
        Assert.Equal(1_000, _receive.TakeRepaid());
    }

    [Fact]
    public void What_came_before_the_relay_is_delivered()
    {
        _receive.Write(Pool.Slice([1, 2]));
        _receive.Complete();
        var socket = Start();
        socket.TakeAll();
        Assert.Equal([1, 2], socket.ExpectEnd());
    }

    [Fact]
    public void The_progress_of_a_running_relay_counts_what_was_given_to_the_session_and_what_the_socket_took()
    {
        var socket = Start();
        Assert.Equal((0, 0), (_control.Progress.BytesSent, _control.Progress.BytesReceived));

        _send.SetOpen(true);
        socket.Give([1, 2, 3]);
        socket.ExpectGiven(1);
        _receive.Write(Pool.Slice([4, 5]));
        socket.Take();
        socket.ExpectBytes(2);
        socket.Settle();
        Assert.Equal((3, 0), (_control.Progress.BytesSent, _control.Progress.BytesReceived)); // Pushed, and the socket asks for nothing more yet.

        socket.Take();
        socket.Settle();
        Assert.Equal((3, 2), (_control.Progress.BytesSent, _control.Progress.BytesReceived));
    }

    [Fact]
    public void A_clean_end_each_way_comes_after_all_bytes_and_ends_the_relay()
    {
        var socket = Start();
        _send.SetOpen(true);
        socket.Give(Payload.Bytes(1, 5_000));
        socket.Complete();
        var sent = ReadToEnd(_send);
        Assert.Equal(Payload.Bytes(1, 5_000), sent);

        _receive.Write(Pool.Slice(Payload.Bytes(2, 3_000)));
        _receive.Complete();
        socket.TakeAll();
        Assert.Equal(Payload.Bytes(2, 3_000), socket.ExpectEnd());
        Assert.Equal(new RelayResult(5_000, 3_000, PipeEnd.Clean, PipeEnd.Clean, false), Result());
        StagesStop();
    }

    [Fact]
    public void A_clean_end_is_not_passed_on_before_the_socket_took_the_bytes()
    {
        var socket = Start();
        _receive.Write(Pool.Slice([1]));
        _receive.Complete();
        socket.Take();
        socket.ExpectBytes(1);
        socket.Settle();
        Assert.False(socket.HasEnded);
        socket.Take();
        socket.ExpectEnd();
    }

    [Fact]
    public void A_half_close_by_the_session_leaves_the_other_way_open()
    {
        var socket = Start();
        _receive.Complete();
        socket.Take();
        socket.ExpectEnd();
        _send.SetOpen(true);
        for (var i = 0; i < 5; i++)
        {
            socket.Give([(byte)i]);
            Eventually(() => Assert.True(_send.HasBytes));
            _send.MoveTo(_taken);
        }

        Assert.Equal([0, 1, 2, 3, 4], _taken.Drain());
        Assert.Empty(Results);
    }

    [Fact]
    public void A_half_close_by_the_application_leaves_the_other_way_open()
    {
        var socket = Start();
        _send.SetOpen(true);
        socket.Complete();
        Eventually(() => Assert.Equal(PipeEnd.Clean, _send.End));
        socket.TakeAll();
        for (var i = 0; i < 5; i++)
        {
            _receive.Write(Pool.Slice([(byte)i]));
            Assert.Equal([(byte)i], socket.ExpectBytes(1));
        }

        Assert.Empty(Results);
    }

    [Fact]
    public void A_reset_stream_resets_the_socket_at_once_and_drops_what_waits()
    {
        var socket = Start();
        _receive.Write(Pool.Slice([1]));
        _receive.Abort(PipeEnd.StreamReset);
        var failure = socket.ExpectFailure<TransportException>();
        Assert.Equal(TransportFault.Aborted, failure.Fault);
        Assert.Equal(new RelayResult(0, 0, PipeEnd.StreamReset, PipeEnd.StreamReset, false), Result());
        Assert.Equal(PipeEnd.StreamReset, _send.End);
        StagesStop();
    }

    [Fact]
    public void Bytes_and_end_before_a_reset_stream_are_still_delivered()
    {
        var socket = Start();
        _receive.Write(Pool.Slice([1, 2, 3]));
        _receive.Complete();
        _receive.Abort(PipeEnd.StreamReset);
        _send.Cancel(PipeEnd.StreamReset);
        socket.Settle();
        socket.TakeAll();
        Assert.Equal([1, 2, 3], socket.ExpectEnd());
        Assert.Equal(new RelayResult(0, 3, PipeEnd.StreamReset, PipeEnd.Clean, false), Result());
        // The socket's stage sees the FIN first, then the abort of the other way.
        Assert.IsType<TransportException>(socket.ExpectCancelled());
    }

    [Fact]
    public void An_end_of_the_application_behind_a_cancelled_direction_does_not_make_it_clean()
    {
        var socket = Start();
        _send.SetOpen(true);
        socket.ExpectDemands(1); // A read is under way when the session gives up.
        _send.Cancel(PipeEnd.StreamReset);
        socket.Settle();
        socket.Complete();
        socket.Settle();
        _receive.Complete();
        socket.Take();
        socket.ExpectEnd();
        Assert.Equal(new RelayResult(0, 0, PipeEnd.StreamReset, PipeEnd.Clean, false), Result());
    }

    [Fact]
    public void Bytes_that_the_session_no_longer_takes_are_not_counted()
    {
        var socket = Start();
        _send.SetOpen(true);
        socket.ExpectDemands(1);
        _send.Cancel(PipeEnd.StreamReset);
        socket.Give(new byte[100]);
        socket.ExpectGiven(1);
        socket.Settle();
        _control.Abort(PipeEnd.Aborted);
        Assert.Equal(0, Result().BytesSent);
    }

    [Fact]
    public void A_reset_by_the_application_resets_the_stream()
    {
        var socket = Start();
        _send.SetOpen(true);
        socket.Give([1]);
        socket.ExpectGiven(1);
        socket.FailNow(new TransportException(TransportFault.Reset, "reset"));
        Assert.Equal(new RelayResult(1, 0, PipeEnd.ConnectionReset, PipeEnd.ConnectionReset, false), Result());
        Assert.Equal(PipeEnd.ConnectionReset, _send.End);
        Assert.Equal(PipeEnd.ConnectionReset, _receive.CancelledBy);
        StagesStop();
    }

    [Fact]
    public void A_socket_that_takes_no_more_resets_the_stream()
    {
        var socket = Start();
        _receive.Write(Pool.Slice([1]));
        socket.Cancel();
        Assert.Equal(new RelayResult(0, 0, PipeEnd.ConnectionReset, PipeEnd.ConnectionReset, false), Result());
        Assert.Equal(PipeEnd.ConnectionReset, _receive.CancelledBy);
        StagesStop();
    }

    [Fact]
    public void A_reset_after_the_applications_end_keeps_that_end_clean()
    {
        var socket = Start();
        _send.SetOpen(true);
        socket.Give([1]);
        socket.Complete();
        Assert.Equal([1], ReadToEnd(_send));
        socket.Cancel();
        Assert.Equal(new RelayResult(1, 0, PipeEnd.Clean, PipeEnd.ConnectionReset, false), Result());
        Assert.Equal(PipeEnd.Clean, _send.End);
        Assert.Equal(PipeEnd.ConnectionReset, _receive.CancelledBy);
    }

    [Fact]
    public void A_reset_behind_an_end_that_is_still_unread_leaves_time_to_read_it()
    {
        var socket = Start();
        _receive.Write(Pool.Slice([7]));
        socket.Cancel(new TransportException(TransportFault.ResetAfterEnd, "reset"));
        socket.Settle();
        Assert.Equal(PipeEnd.Open, _receive.CancelledBy); // Else the stream would be reset, and with it what is still to come.

        _send.SetOpen(true);
        socket.Give([1, 2]);
        socket.Complete();
        Assert.Equal([1, 2], ReadToEnd(_send));
        Assert.Equal(new RelayResult(2, 0, PipeEnd.Clean, PipeEnd.ConnectionReset, false), Result());
        Assert.Equal(PipeEnd.Clean, _send.End);
        Assert.Equal(PipeEnd.ConnectionReset, _receive.CancelledBy);
        StagesStop();
    }

    [Fact]
    public void An_end_that_is_still_unread_is_not_awaited_for_longer_than_a_half_closed_tunnel()
    {
        var socket = Start();
        socket.Cancel(new TransportException(TransportFault.ResetAfterEnd, "reset"));
        socket.Settle();

        _time.Advance(HalfClosedIdle);

        Assert.Equal(new RelayResult(0, 0, PipeEnd.IdleTimeout, PipeEnd.ConnectionReset, true), Result());
        StagesStop();
    }

    [Fact]
    public void The_control_aborts_both_ways_with_the_first_reason()
    {
        var socket = Start();
        _control.Abort(PipeEnd.Drained);
        _control.Abort(PipeEnd.Aborted);
        socket.ExpectFailure<TransportException>();
        Assert.Equal(new RelayResult(0, 0, PipeEnd.Drained, PipeEnd.Drained, false), Result());
        Assert.Equal(PipeEnd.Drained, _send.End);
        Assert.Equal(PipeEnd.Drained, _receive.CancelledBy);
        StagesStop();
    }

    /// <summary>The handle is there before the stage runs.</summary>
    [Fact]
    public void The_control_works_from_its_first_moment()
    {
        for (var i = 0; i < 50; i++)
        {
            var results = new System.Collections.Concurrent.ConcurrentQueue<RelayResult>();
            var relay = new RelayParts(new TunnelPipe(1, open: true), new TunnelPipe(1, open: true), default, _time, results.Enqueue);
            Flow.FromGraph(new RelayStage(relay)).Join(new HandStage(Pool)).Run(Materializer);
            relay.Control.Abort(PipeEnd.Drained);
            Eventually(() => Assert.Equal(PipeEnd.Drained, Assert.Single(results).SendEnd));
        }

        StagesStop();
    }

    [Fact]
    public void A_silent_tunnel_is_ended_after_the_idle_timeout()
    {
        var socket = Start();
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        socket.Settle();
        Assert.Empty(Results);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new RelayResult(0, 0, PipeEnd.IdleTimeout, PipeEnd.IdleTimeout, false), Result());
        socket.ExpectFailure<TransportException>();
        StagesStop();
    }

    [Fact]
    public void A_byte_from_the_socket_starts_the_idle_time_anew()
    {
        var socket = Start();
        _send.SetOpen(true);
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        socket.Give([1]);
        socket.ExpectGiven(1);
        socket.Settle();
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        socket.Settle();
        Assert.Empty(Results);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PipeEnd.IdleTimeout, Result().SendEnd);
    }

    [Fact]
    public void A_byte_that_the_socket_takes_starts_the_idle_time_anew()
    {
        var socket = Start();
        socket.TakeAll();
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        _receive.Write(Pool.Slice([1]));
        socket.ExpectBytes(1);
        socket.Settle();
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        socket.Settle();
        Assert.Empty(Results);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PipeEnd.IdleTimeout, Result().SendEnd);
    }

    [Fact]
    public void A_half_closed_tunnel_has_its_own_timeout()
    {
        var socket = Start();
        socket.CompleteNow();
        Eventually(() => Assert.Equal(PipeEnd.Clean, _send.End));
        _time.Advance(HalfClosedIdle - TimeSpan.FromSeconds(1));
        socket.Settle();
        Assert.Empty(Results);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new RelayResult(0, 0, PipeEnd.Clean, PipeEnd.IdleTimeout, true), Result());
    }

    [Fact]
    public void An_end_after_a_long_silence_gives_the_other_way_the_whole_half_closed_timeout()
    {
        var socket = Start();
        _time.Advance(Idle - TimeSpan.FromMinutes(1));
        socket.CompleteNow();
        Eventually(() => Assert.Equal(PipeEnd.Clean, _send.End));
        _time.Advance(HalfClosedIdle - TimeSpan.FromMinutes(1));
        _receive.Write(Pool.Slice([1, 2, 3]));
        _receive.Complete();
        socket.TakeAll();
        Assert.Equal([1, 2, 3], socket.ExpectEnd());
        Assert.Equal(PipeEnd.Clean, Result().ReceiveEnd);
    }

    [Fact]
    public void A_timeout_of_zero_never_comes()
    {
        var socket = Start(new RelayTimeouts(TimeSpan.Zero, TimeSpan.Zero));
        _time.Advance(TimeSpan.FromDays(30));
        socket.CompleteNow();
        Eventually(() => Assert.Equal(PipeEnd.Clean, _send.End));
        _time.Advance(TimeSpan.FromDays(30));
        socket.Settle();
        Assert.Empty(Results);
    }

    [Fact]
    public void A_relay_whose_actor_system_goes_reports_its_end_once()
    {
        _receive.Write(Pool.Slice([1]));
        Start().Settle();
        Materializer.Shutdown();
        Assert.Equal(new RelayResult(0, 0, PipeEnd.Aborted, PipeEnd.Aborted, false), Result());
        Assert.Equal(PipeEnd.Aborted, _send.End);
        Assert.Equal(PipeEnd.Aborted, _receive.CancelledBy);
    }

    private Hand Start(RelayTimeouts? timeouts = null)
    {
        var relay = new RelayParts(_send, _receive, timeouts ?? new RelayTimeouts(Idle, HalfClosedIdle), _time, result =>
        {
            lock (_results)
            {
                _results.Add(result);
            }
        });
        _send.AttachConsumer(_session);
        _receive.AttachProducer(_session);
        var hand = Flow.FromGraph(new RelayStage(relay)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        _control = relay.Control;
        hand.Settle();
        return hand;
    }

    private RelayResult Result()
    {
        Eventually(() => Assert.Single(Results));
        return Results[0];
    }

    private byte[] ReadToEnd(TunnelPipe pipe)
    {
        Eventually(() =>
        {
            pipe.MoveTo(_taken);
            Assert.Equal(PipeEnd.Clean, pipe.End);
            Assert.False(pipe.HasBytes);
        });
        return _taken.Drain();
    }
}
