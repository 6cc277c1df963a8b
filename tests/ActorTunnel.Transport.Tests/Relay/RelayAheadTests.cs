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

/// <summary>A relay that runs ahead of the answer: it sends, and delivers nothing before it is told to.</summary>
public sealed class RelayAheadTests : StageTest
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(60);

    private readonly FakeTimeProvider _time = new();
    private readonly TunnelPipe _send = new(1, open: true);
    private readonly TunnelPipe _receive = new(int.MaxValue, open: true);
    private readonly CountingWakeable _session = new();
    private readonly TaskCompletionSource<RelayResult> _result = new();
    private RelayControl _control = null!;

    [Fact]
    public void What_came_waits_for_the_answer_and_bytes_for_the_session_do_not()
    {
        var socket = Start();
        _receive.Write(Pool.Slice([7]));
        _receive.Complete();
        socket.TakeAll();
        socket.Give([1, 2]);
        socket.ExpectGiven(1);
        socket.Settle();
        Assert.Equal((2, 0), (_control.Progress.BytesSent, _control.Progress.BytesReceived));
        Assert.Equal(0, _receive.TakeRepaid());

        _control.Deliver();

        Assert.Equal([7], socket.ExpectEnd());
        _control.Abort(PipeEnd.Drained);
        Assert.Equal(PipeEnd.Drained, Result().SendEnd);
    }

    [Fact]
    public void A_clean_end_of_the_session_is_none_for_the_socket_when_the_answer_is_no()
    {
        var socket = Start();
        socket.TakeAll();
        _receive.Write(Pool.Slice([7]));
        _receive.Complete();
        socket.Settle();

        _control.Abort(PipeEnd.StreamReset);

        socket.ExpectFailure<TransportException>();
        Assert.Equal(new RelayResult(0, 0, PipeEnd.StreamReset, PipeEnd.StreamReset, false), Result());
        StagesStop();
    }

    [Fact]
    public void Silence_counts_from_the_answer_on()
    {
        var socket = Start();
        _time.Advance(Idle + Idle);
        socket.CompleteNow();
        Eventually(() => Assert.Equal(PipeEnd.Clean, _send.End));
        _time.Advance(Idle + Idle);
        socket.Settle();
        Assert.False(_result.Task.IsCompleted);

        _control.Deliver();
        socket.Settle();
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        socket.Settle();
        Assert.False(_result.Task.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new RelayResult(0, 0, PipeEnd.Clean, PipeEnd.IdleTimeout, true), Result());
    }

    private Hand Start()
    {
        var relay = new RelayParts(_send, _receive, new RelayTimeouts(Idle, Idle), _time, _result.SetResult, Slice.Empty, Ahead: true);
        _send.AttachConsumer(_session);
        _receive.AttachProducer(_session);
        var hand = Flow.FromGraph(new RelayStage(relay)).JoinMaterialized(new HandStage(Pool), Keep.Right).Run(Materializer);
        _control = relay.Control;
        hand.Settle();
        return hand;
    }

    private RelayResult Result()
    {
        Assert.True(_result.Task.Wait(Patience), "the relay has not ended");
        return _result.Task.Result;
    }
}
