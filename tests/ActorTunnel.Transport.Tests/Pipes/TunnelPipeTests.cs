using ActorTunnel.Http2.Buffers;
using ActorTunnel.TestSupport.Bytes;
using ActorTunnel.Transport.Pipes;
using CsCheck;
using Xunit;

namespace ActorTunnel.Transport.Tests.Pipes;

public sealed class TunnelPipeTests : IDisposable
{
    private readonly BufferPool _pool = new();
    private readonly SliceQueue _taken = new();
    private readonly CountingWakeable _producer = new();
    private readonly CountingWakeable _consumer = new();

    public void Dispose()
    {
        _taken.Dispose();
        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public void Bytes_come_out_in_the_order_in_which_they_went_in()
    {
        var pipe = Attached();
        pipe.Write(_pool.Slice([1, 2]));
        pipe.Write(_pool.Slice([3]));
        Assert.Equal(3, pipe.MoveTo(_taken));
        pipe.Write(_pool.Slice([4, 5]));
        Assert.Equal(2, pipe.MoveTo(_taken));

        Assert.Equal([1, 2, 3, 4, 5], _taken.Drain());
        Assert.Equal(0, pipe.MoveTo(_taken));
    }

    [Fact]
    public void The_producer_is_told_to_stop_at_the_capacity_and_a_slice_may_overshoot_it()
    {
        var pipe = Attached(capacity: 4);
        Assert.True(pipe.WantsMore);
        pipe.Write(_pool.Slice([1, 2, 3]));
        Assert.True(pipe.WantsMore);
        pipe.Write(_pool.Slice([4, 5, 6]));
        Assert.False(pipe.WantsMore);

        Assert.Equal(6, pipe.MoveTo(_taken));
        Assert.True(pipe.WantsMore);
    }

    [Fact]
    public void The_consumer_is_woken_once_when_the_pipe_turns_from_empty_to_not_empty()
    {
        var pipe = Attached();
        var before = _consumer.Count;
        pipe.Write(_pool.Slice([1]));
        Assert.Equal(before + 1, _consumer.Count);
        pipe.Write(_pool.Slice([2]));
        pipe.Write(_pool.Slice([3]));
        Assert.Equal(before + 1, _consumer.Count);

        pipe.MoveTo(_taken);
        pipe.Write(_pool.Slice([4]));
        Assert.Equal(before + 2, _consumer.Count);
        pipe.MoveTo(_taken);
    }

    [Fact]
    public void A_producer_that_was_refused_is_woken_when_there_is_room_and_no_other()
    {
        var pipe = Attached(capacity: 1);
        pipe.Write(_pool.Slice([1]));
        var before = _producer.Count;
        pipe.MoveTo(_taken);
        Assert.Equal(before, _producer.Count); // It did not ask.

        pipe.Write(_pool.Slice([2]));
        Assert.False(pipe.WantsMore);
        pipe.MoveTo(_taken);
        Assert.Equal(before + 1, _producer.Count);
        pipe.MoveTo(_taken);
        Assert.Equal(before + 1, _producer.Count);
    }

    [Fact]
    public void A_closed_pipe_wants_nothing_and_wakes_its_producer_when_it_opens()
    {
        var pipe = Attached(open: false);
        Assert.False(pipe.WantsMore);
        var before = _producer.Count;
        pipe.SetOpen(true);
        Assert.Equal(before + 1, _producer.Count);
        Assert.True(pipe.WantsMore);
        pipe.SetOpen(true);
        Assert.Equal(before + 1, _producer.Count);
    }

    [Fact]
    public void A_pipe_that_opens_while_it_is_full_wakes_its_producer_only_when_it_was_emptied()
    {
        var pipe = Attached(capacity: 1, open: false);
        pipe.Write(_pool.Slice([1]));
        Assert.False(pipe.WantsMore);
        var before = _producer.Count;
        pipe.SetOpen(true);
        Assert.Equal(before, _producer.Count);
        pipe.MoveTo(_taken);
        Assert.Equal(before + 1, _producer.Count);
    }

    [Fact]
    public void A_clean_end_keeps_the_bytes_before_it()
    {
        var pipe = Attached();
        pipe.Write(_pool.Slice([1, 2]));
        pipe.Complete();
        Assert.Equal(PipeEnd.Clean, pipe.End);
        Assert.True(pipe.HasBytes);
        pipe.MoveTo(_taken);
        Assert.Equal([1, 2], _taken.Drain());
        Assert.False(pipe.HasBytes);
    }

    [Fact]
    public void An_abort_drops_the_bytes_before_it()
    {
        var pipe = Attached();
        pipe.Write(_pool.Slice([1, 2]));
        pipe.Abort(PipeEnd.StreamReset);
        Assert.Equal(PipeEnd.StreamReset, pipe.End);
        Assert.Equal(_pool.Rented, _pool.Returned);
        Assert.Equal(0, pipe.MoveTo(_taken));
    }

    [Fact]
    public void An_abort_after_a_clean_end_changes_nothing()
    {
        var pipe = Attached();
        pipe.Write(_pool.Slice([1, 2]));
        pipe.Complete();
        pipe.Abort(PipeEnd.SessionLost);
        Assert.Equal(PipeEnd.Clean, pipe.End);
        pipe.MoveTo(_taken);
        Assert.Equal([1, 2], _taken.Drain());
    }

    [Fact]
    public void The_first_abort_gives_the_reason()
    {
        var pipe = Attached();
        pipe.Abort(PipeEnd.IdleTimeout);
        pipe.Abort(PipeEnd.SessionLost);
        pipe.Complete();
        Assert.Equal(PipeEnd.IdleTimeout, pipe.End);
    }

    [Theory]
    [InlineData(PipeEnd.Open)]
    [InlineData(PipeEnd.Clean)]
    public void An_abort_needs_a_reason(PipeEnd reason) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Attached().Abort(reason));

    [Fact]
    public void The_consumer_is_woken_by_an_end_also_where_bytes_wait_already()
    {
        var pipe = Attached();
        pipe.Write(_pool.Slice([1]));
        var before = _consumer.Count;
        pipe.Complete();
        Assert.Equal(before + 1, _consumer.Count);
        pipe.MoveTo(_taken);
    }

    [Fact]
    public void A_write_after_the_end_is_dropped()
    {
        var pipe = Attached();
        pipe.Complete();
        pipe.Write(_pool.Slice([1]));
        Assert.Equal(0, pipe.MoveTo(_taken));
        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public void A_cancellation_drops_what_waits_and_what_is_written_later_and_wakes_the_producer()
    {
        var pipe = Attached();
        pipe.Write(_pool.Slice([1]));
        var before = _producer.Count;
        pipe.Cancel(PipeEnd.IdleTimeout);
        Assert.Equal(before + 1, _producer.Count);
        Assert.Equal(_pool.Rented, _pool.Returned);

        pipe.Write(_pool.Slice([2]));
        Assert.Equal(_pool.Rented, _pool.Returned);
        Assert.False(pipe.WantsMore);
        pipe.Cancel(PipeEnd.SessionLost);
        Assert.Equal(PipeEnd.IdleTimeout, pipe.CancelledBy);
        Assert.Equal(before + 1, _producer.Count);
    }

    [Fact]
    public void Repaid_bytes_are_entered_in_the_ledger_and_wake_nobody()
    {
        var pipe = new TunnelPipe(1_000, open: true);
        var ledger = new Ledger();
        pipe.AttachProducer(_producer, ledger);
        var before = _producer.Count;
        pipe.Repay(9);
        pipe.Complete();
        pipe.Repay(21);

        Assert.Equal([9, 21], ledger.Entries);
        Assert.Equal(before, _producer.Count);
        Assert.Equal(30, pipe.TakeRepaid());
        Assert.Equal(0, pipe.TakeRepaid());
    }

    [Fact]
    public void A_consumer_that_attaches_late_is_woken_for_what_came_before()
    {
        var pipe = new TunnelPipe(100, open: true);
        pipe.AttachProducer(_producer);
        pipe.Write(_pool.Slice([1, 2, 3]));
        pipe.Complete();
        pipe.AttachConsumer(_consumer);
        Assert.Equal(1, _consumer.Count);
        Assert.Equal(3, pipe.MoveTo(_taken));
        Assert.Equal(PipeEnd.Clean, pipe.End);
    }

    [Fact]
    public void A_producer_that_attaches_late_is_woken_for_what_the_consumer_did_before()
    {
        var pipe = new TunnelPipe(100, open: true);
        pipe.Cancel(PipeEnd.SessionLost);
        pipe.AttachProducer(_producer);
        Assert.Equal(1, _producer.Count);
        Assert.Equal(PipeEnd.SessionLost, pipe.CancelledBy);
    }

    /// <summary>
    /// Each side works only when it was woken, as the stages do: a lost wake-up stops the transfer, a lost or doubled byte is found.
    /// </summary>
    [Fact]
    public void Two_threads_that_work_only_when_woken_lose_nothing()
    {
        Gen.Select(Gen.Int[1, 3_000], Gen.Int[1, 64], Gen.Bool).Sample(
            (capacity, largest, startsClosed) => Hammer(capacity, largest, startsClosed),
            iter: 40,
            threads: 1);
    }

    private void Hammer(int capacity, int largest, bool startsClosed)
    {
        const int total = 60_000;
        var payload = new BlockPayload(7, TunnelDirection.ToOrigin);
        var pipe = new TunnelPipe(capacity, open: !startsClosed);
        using var producerTurn = new Turn();
        using var consumerTurn = new Turn();
        pipe.AttachProducer(producerTurn);
        pipe.AttachConsumer(consumerTurn);
        var repaid = 0;

        var producer = new Thread(() =>
        {
            var sent = 0;
            while (sent < total)
            {
                producerTurn.Await();
                repaid += pipe.TakeRepaid();
                while (sent < total && pipe.WantsMore)
                {
                    var count = Math.Min(1 + (sent % largest), total - sent);
                    pipe.Write(_pool.Slice(payload.Bytes(sent, count)));
                    sent += count;
                }
            }

            pipe.Complete();
        });
        producer.Start();

        var verifier = new BlockVerifier(payload);
        using var taken = new SliceQueue();
        while (true)
        {
            consumerTurn.Await();
            pipe.SetOpen(true);
            var end = pipe.End;
            var bytes = pipe.MoveTo(taken);
            Assert.True(verifier.Add(taken.Drain()), verifier.Fault?.ToString());
            pipe.Repay(bytes);
            if (end == PipeEnd.Clean && !pipe.HasBytes)
            {
                break;
            }
        }

        producer.Join();
        Assert.Null(verifier.End());
        Assert.Equal(total, verifier.Verified);
        Assert.Equal(total, repaid + pipe.TakeRepaid());
    }

    private TunnelPipe Attached(int capacity = 1_000, bool open = true)
    {
        var pipe = new TunnelPipe(capacity, open);
        pipe.AttachProducer(_producer);
        pipe.AttachConsumer(_consumer);
        return pipe;
    }

    private sealed class Ledger : IRepayable
    {
        public List<int> Entries { get; } = [];

        public void Repaid(int bytes) => Entries.Add(bytes);
    }

    /// <summary>A thread's permission to work: coalesced, as a stage's wake-up is.</summary>
    private sealed class Turn : IWakeable, IDisposable
    {
        private readonly AutoResetEvent _signal = new(false);

        public void Wake() => _signal.Set();

        public void Await() => Assert.True(_signal.WaitOne(TestSupport.Streams.StageTest.Patience), "a wake-up was lost");

        public void Dispose() => _signal.Dispose();
    }
}
