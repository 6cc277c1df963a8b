using System.Net.Sockets;
using System.Text;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Heads;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Transport.Tests.Sockets;

/// <summary>Heads that are read from a connection, and what the flow makes of the rest. Each test ends with every block given back.</summary>
public abstract class TcpConnectionHeadTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private static readonly HeadLimits Limits = new(1_024, Timeout);

    private readonly BufferPool _pool = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ActorSystem _system = ActorSystem.Create("heads");
    private readonly EventLoops _loops;
    private readonly ActorMaterializer _materializer;
    private Dialled _pair = null!;

    protected TcpConnectionHeadTests(int eventLoops)
    {
        _loops = EventLoops.Start(_system, eventLoops);
        _materializer = ActorMaterializer.Create(_system, ActorMaterializerSettings.Create(_system).WithDispatcher(_loops.Next()));
    }

    public async Task InitializeAsync() => _pair = await Dialled.CreateAsync(loops: _loops);

    public async Task DisposeAsync()
    {
        _pair.Dispose();
        await _system.Terminate();
        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public async Task A_head_that_is_there_is_read_and_the_flow_begins_behind_it()
    {
        await SendAsync("head.rest");
        Assert.Equal("head", await ReadAsync());
        await SendAsync(" and more");
        AssertFlow("rest and more", await RunToEndAsync());
    }

    [Fact]
    public async Task A_head_that_comes_byte_by_byte_is_read()
    {
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        foreach (var c in "head")
        {
            await SendAsync(c.ToString());
        }

        Assert.False(reading.IsCompleted);
        await SendAsync(".");
        Assert.Equal("head", Assert.IsType<HeadResult<string>.Complete>(await reading).Value);
        AssertFlow("", await RunToEndAsync());
    }

    [Fact]
    public async Task Heads_that_came_together_are_read_one_after_the_other()
    {
        await SendAsync("one.two.three.rest");
        Assert.Equal("one", await ReadAsync());
        Assert.Equal("two", await ReadAsync());
        Assert.Equal("three", await ReadAsync());
        AssertFlow("rest", await RunToEndAsync());
    }

    [Fact]
    public async Task A_head_that_is_only_looked_at_is_what_the_flow_begins_with()
    {
        await SendAsync("head.rest");
        var result = await _pair.Connection.ReadHeadAsync(Look, Limits, _pool, _time);
        Assert.Equal("head", Assert.IsType<HeadResult<string>.Complete>(result).Value);
        AssertFlow("head.rest", await RunToEndAsync());
    }

    [Fact]
    public async Task No_block_is_held_before_the_first_byte_nor_after_a_head_without_rest()
    {
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        Assert.Equal(0, _pool.Rented);
        await SendAsync("head.");
        await reading;
        Assert.Equal(1, _pool.Rented);
        Assert.Equal(1, _pool.Returned);
    }

    [Fact]
    public async Task A_silent_peer_times_out_and_can_still_be_carried()
    {
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        _time.Advance(Timeout - TimeSpan.FromTicks(1));
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(new HeadResult<string>.TimedOut(0), await reading);
        Assert.Equal(0, _pool.Rented);
        await SendAsync("late");
        AssertFlow("late", await RunToEndAsync());
    }

    [Fact]
    public async Task A_head_that_stays_unfinished_times_out_and_is_kept()
    {
        await SendAsync("one.tw");
        Assert.Equal("one", await ReadAsync());
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        _time.Advance(Timeout);
        Assert.Equal(new HeadResult<string>.TimedOut(2), await reading);
        await SendAsync("o");
        AssertFlow("two", await RunToEndAsync());
    }

    [Fact]
    public async Task Bytes_that_are_no_head_are_kept()
    {
        await SendAsync("!bytes");
        Assert.Equal(new HeadResult<string>.Invalid("no word"), await _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time));
        AssertFlow("!bytes", await RunToEndAsync());
    }

    [Fact]
    public async Task A_head_over_the_limit_is_too_large_and_no_more_is_read_than_the_limit()
    {
        await SendAsync(new string('x', 100));
        var result = await _pair.Connection.ReadHeadAsync(Word, Limits with { MaxBytes = 10 }, _pool, _time);
        Assert.Equal(new HeadResult<string>.TooLarge(), result);
        var (bytes, firstSlice) = await RunToEndAsync();
        Assert.Equal(100, bytes.Length);
        Assert.Equal(10, firstSlice);
    }

    [Fact]
    public async Task A_head_of_exactly_the_limit_is_read()
    {
        await SendAsync("123456789.");
        var result = await _pair.Connection.ReadHeadAsync(Word, Limits with { MaxBytes = 10 }, _pool, _time);
        Assert.Equal(new HeadResult<string>.Complete("123456789"), result);
    }

    [Fact]
    public async Task A_limit_counts_from_the_end_of_the_head_before()
    {
        await SendAsync("123456789.123456789.rest");
        var limits = Limits with { MaxBytes = 10 };
        Assert.Equal(new HeadResult<string>.Complete("123456789"), await _pair.Connection.ReadHeadAsync(Word, limits, _pool, _time));
        Assert.Equal(new HeadResult<string>.Complete("123456789"), await _pair.Connection.ReadHeadAsync(Word, limits, _pool, _time));
        AssertFlow("rest", await RunToEndAsync());
    }

    [Fact]
    public async Task A_second_head_that_does_not_fit_behind_the_first_one_is_moved_in_the_block()
    {
        const int largest = BufferPool.BlockSize - TcpConnectionStage.Headroom;
        var limits = Limits with { MaxBytes = largest };
        var second = new string('y', largest - 1);
        var sending = SendAsync($"{new string('x', 60_000)}.{second}.rest");
        Assert.Equal(
            new HeadResult<string>.Complete(new string('x', 60_000)), await _pair.Connection.ReadHeadAsync(Word, limits, _pool, _time));
        Assert.Equal(new HeadResult<string>.Complete(second), await _pair.Connection.ReadHeadAsync(Word, limits, _pool, _time));
        await sending;
        AssertFlow("rest", await RunToEndAsync());
    }

    [Fact]
    public async Task A_clean_end_inside_a_head_is_told_and_told_again_by_the_flow()
    {
        await SendAsync("he");
        _pair.Peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(new HeadResult<string>.Ended(SocketError.Success), await _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time));
        AssertFlow("he", await RunToEndAsync());
    }

    [Fact]
    public async Task A_reset_inside_a_head_is_told_and_there_is_no_flow_that_could_take_it_for_a_clean_end()
    {
        await SendAsync("he");
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        _pair.SendReset();
        Assert.Equal(new HeadResult<string>.Ended(SocketError.ConnectionReset), await reading);
        Assert.Throws<InvalidOperationException>(() => _pair.Connection.ToFlow(_pool, _time));
    }

    [Fact]
    public async Task A_reset_of_our_own_ends_the_wait_and_gives_the_block_back()
    {
        await SendAsync("one.tw");
        Assert.Equal("one", await ReadAsync());
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        _pair.Connection.Reset();
        Assert.Equal(new HeadResult<string>.Ended(SocketError.OperationAborted), await reading);
        Assert.Equal(_pool.Rented, _pool.Returned);
        Assert.Equal(SocketError.ConnectionReset, (await _pair.ReceiveToEndAsync()).End);
    }

    [Fact]
    public async Task A_reset_of_our_own_gives_back_what_was_read_too_much()
    {
        await SendAsync("head.rest");
        Assert.Equal("head", await ReadAsync());
        Assert.Equal(0, _pool.Returned);
        _pair.Connection.Reset();
        Assert.Equal(1, _pool.Returned);
    }

    [Fact]
    public async Task A_cancelled_wait_ends_and_the_connection_can_still_be_carried()
    {
        using var cancellation = new CancellationTokenSource();
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time, cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(new HeadResult<string>.Ended(SocketError.OperationAborted), await reading);
        await SendAsync("bytes");
        AssertFlow("bytes", await RunToEndAsync());
    }

    [Fact]
    public async Task Two_readers_at_once_are_a_mistake()
    {
        var reading = _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time));
        _pair.Connection.Reset();
        await reading;
    }

    [Fact]
    public async Task A_flow_that_is_aborted_before_it_is_asked_for_bytes_gives_back_what_was_read_too_much()
    {
        await SendAsync("head.rest");
        Assert.Equal("head", await ReadAsync());
        await Source.Failed<SliceQueue>(new IOException("aborted"))
            .Via(Flow.FromGraph(_pair.Connection.ToFlow(_pool, _time)))
            .RunWith(Sink.Ignore<SliceQueue>(), _materializer)
            .ContinueWith(static run => run.Exception, TaskScheduler.Default);
        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    [Fact]
    public async Task What_is_written_before_the_flow_comes_before_what_the_flow_writes()
    {
        Assert.Equal(SocketError.Success, await _pair.Connection.WriteAsync("answer "u8.ToArray(), Timeout, _time));
        var queue = new SliceQueue();
        var block = _pool.Rent();
        "bytes"u8.CopyTo(block.Array);
        queue.Enqueue(block.AsSlice(0, 5));
        _pair.Peer.Shutdown(SocketShutdown.Send);
        await Source.Single(queue)
            .Via(Flow.FromGraph(_pair.Connection.ToFlow(_pool, _time)))
            .RunWith(Sink.Ignore<SliceQueue>(), _materializer);
        var (bytes, end) = await _pair.ReceiveToEndAsync();
        Assert.Equal("answer bytes", Encoding.ASCII.GetString(bytes));
        Assert.Equal(SocketError.Success, end);
    }

    [Fact]
    public async Task A_write_that_the_peer_does_not_take_times_out()
    {
        var writing = _pair.Connection.WriteAsync(new byte[64 * 1024 * 1024], Timeout, _time);
        _time.Advance(Timeout);
        Assert.Equal(SocketError.TimedOut, await writing);
        Assert.Throws<InvalidOperationException>(() => _pair.Connection.ToFlow(_pool, _time));
    }

    [Fact]
    public async Task An_answer_that_closes_arrives_whole_though_the_peer_goes_on_sending()
    {
        await SendAsync("head.and bytes that nobody reads");
        Assert.Equal("head", await ReadAsync());
        var closing = _pair.Connection.AnswerAndCloseAsync("answer"u8.ToArray(), Timeout, _pool, _time);
        await SendAsync(new string('x', 100_000));
        var (bytes, end) = await _pair.ReceiveToEndAsync();
        Assert.Equal("answer", Encoding.ASCII.GetString(bytes));
        Assert.Equal(SocketError.Success, end);
        Assert.False(closing.IsCompleted);
        _pair.Peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(SocketError.Success, await closing);
    }

    [Fact]
    public async Task A_peer_that_does_not_end_after_the_answer_is_reset_when_the_time_is_up()
    {
        var closing = _pair.Connection.AnswerAndCloseAsync("answer"u8.ToArray(), Timeout, _pool, _time);
        var (bytes, _) = await _pair.ReceiveToEndAsync();
        Assert.Equal("answer", Encoding.ASCII.GetString(bytes));
        _time.Advance(Timeout);
        Assert.Equal(SocketError.TimedOut, await closing);
        Assert.Throws<SocketException>(() =>
        {
            _pair.Peer.Send("x"u8);
            _pair.Peer.Send("x"u8);
        });
    }

    [Fact]
    public async Task A_peer_that_sends_without_end_after_the_answer_is_reset()
    {
        var closing = _pair.Connection.AnswerAndCloseAsync("answer"u8.ToArray(), Timeout, _pool, _time);
        var sending = Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            while (true)
            {
                await SendAsync(new string('x', 100_000));
            }
        });
        Assert.Equal(SocketError.MessageSize, await closing);
        await sending;
    }

    /// <summary>A head of letters and digits up to a full stop.</summary>
    private static HeadParse<string> Word(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'.');
        return bytes[0] == '!' ? HeadParse.Invalid<string>("no word")
            : end < 0 ? HeadParse.Incomplete<string>()
            : HeadParse.Complete(Encoding.ASCII.GetString(bytes[..end]), end + 1);
    }

    private static HeadParse<string> Look(ReadOnlySpan<byte> bytes)
    {
        var parse = Word(bytes);
        return parse.Status == HeadStatus.Complete ? HeadParse.Complete(parse.Value!, 0) : parse;
    }

    private static void AssertFlow(string expected, (byte[] Bytes, int FirstSlice) actual) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(actual.Bytes));

    private async Task<string> ReadAsync()
    {
        var result = await _pair.Connection.ReadHeadAsync(Word, Limits, _pool, _time);
        return Assert.IsType<HeadResult<string>.Complete>(result).Value;
    }

    private async Task SendAsync(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await _pair.Peer.SendAsync(bytes.AsMemory(sent));
        }
    }

    /// <summary>Everything that the flow emits after the peer's FIN, and the length of its first slice.</summary>
    private async Task<(byte[] Bytes, int FirstSlice)> RunToEndAsync()
    {
        _pair.Peer.Shutdown(SocketShutdown.Send);
        var chunks = await Source.Empty<SliceQueue>()
            .Via(Flow.FromGraph(_pair.Connection.ToFlow(_pool, _time)))
            .Select(slices =>
            {
                Assert.True(slices.TryDequeue(out var slice));
                Assert.True(slice.Start >= TcpConnectionStage.Headroom);
                Assert.True(slices.IsEmpty);
                var bytes = slice.Span.ToArray();
                slice.Dispose();
                return bytes;
            })
            .RunWith(Sink.Seq<byte[]>(), _materializer);
        return ([.. chunks.SelectMany(chunk => chunk)], chunks.Count > 0 ? chunks[0].Length : 0);
    }
}

public sealed class TcpConnectionHeadTestsOnALoop() : TcpConnectionHeadTests(1);

public sealed class TcpConnectionHeadTestsOnThePool() : TcpConnectionHeadTests(0);
