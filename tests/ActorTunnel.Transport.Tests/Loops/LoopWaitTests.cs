using System.Net.Sockets;
using ActorTunnel.TestSupport;
using ActorTunnel.TestSupport.Network;
using ActorTunnel.TestSupport.Streams;
using ActorTunnel.Transport.Loops;
using Xunit;

namespace ActorTunnel.Transport.Tests.Loops;

public sealed class LoopWaitTests : IDisposable
{
    private readonly EventLoop? _loop = OperatingSystem.IsLinux() ? new EventLoop("loop", TimeSpan.Zero) : null;
    private readonly SocketPair _pair = SocketPair.Create();

    private EventLoop Loop => _loop!;

    public void Dispose()
    {
        _loop?.Stop();
        _pair.Ours.Dispose();
        _pair.Dispose();
    }

    [LinuxFact]
    public async Task A_socket_with_bytes_is_readable_each_time_it_is_asked()
    {
        _pair.Peer.Send([1]);
        Assert.True(await ResultAsync(Readable()));
        Assert.True(await ResultAsync(Readable()));
    }

    [LinuxFact]
    public async Task A_wait_for_bytes_ends_when_they_come()
    {
        var wait = Readable();
        LoopRun.On(Loop, static () => { });
        LoopRun.On(Loop, static () => { }); // It has been told that the socket is writable.
        Assert.False(wait.Result.IsCompleted);

        _pair.Peer.Send([1]);

        Assert.True(await ResultAsync(wait));
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_for_bytes_ends_with_the_connection(bool cleanly)
    {
        var wait = Readable();
        if (cleanly)
        {
            _pair.Peer.SendFin();
        }
        else
        {
            _pair.Peer.Reset();
        }

        Assert.True(await ResultAsync(wait));
    }

    [LinuxFact]
    public async Task A_socket_with_room_is_writable_and_one_without_when_there_is_room()
    {
        Assert.True(await ResultAsync(Writable()));
        using var full = SocketPair.Create(16 * 1024);
        using var ours = full.Ours;
        ours.Blocking = false;
        var sent = 0;
        var chunk = new byte[64 * 1024];
        while (ours.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite))
        {
            sent += Math.Max(ours.Send(chunk, SocketFlags.None, out _), 0);
        }

        var wait = LoopWait.Writable(Loop, ours.SafeHandle);
        LoopRun.On(Loop, static () => { });
        Assert.False(wait.Result.IsCompleted);
        full.Peer.Receive(sent);

        Assert.True(await ResultAsync(wait));
    }

    [LinuxFact]
    public async Task A_wait_that_is_cancelled_before_or_behind_its_begin_or_twice_ends_with_no()
    {
        using var cancellation = new CancellationTokenSource();
        var waiting = Readable().ResultAsync(cancellation.Token);
        LoopRun.On(Loop, static () => { });
        await cancellation.CancelAsync();
        Assert.False(await waiting.WaitAsync(StageTest.Patience));
        Assert.False(await Readable().ResultAsync(cancellation.Token).WaitAsync(StageTest.Patience));

        using var held = new ManualResetEventSlim();
        Loop.Execute(new LoopRun(held.Wait));
        var wait = Readable();
        wait.Cancel();
        wait.Cancel();
        held.Set();
        Assert.False(await ResultAsync(wait));
    }

    [LinuxFact]
    public async Task A_cancel_behind_the_result_changes_nothing()
    {
        _pair.Peer.Send([1]);
        var wait = Readable();
        Assert.True(await ResultAsync(wait));
        wait.Cancel();
        LoopRun.On(Loop, static () => { });
        Assert.True(await ResultAsync(wait));
        Assert.True(await ResultAsync(Readable()));
    }

    [LinuxFact]
    public async Task Behind_a_wait_somebody_else_may_register_the_socket()
    {
        var cancelled = Readable();
        cancelled.Cancel();
        Assert.False(await ResultAsync(cancelled));
        _pair.Peer.Send([1]);
        Assert.True(await ResultAsync(Readable()));

        LoopRun.On(Loop, () => Assert.True(Loop.TryRegister(_pair.Ours.SafeHandle, new HandlerOf(), out _)));
    }

    [LinuxFact]
    public async Task A_socket_that_is_closed_before_the_wait_begins_is_not_waited_for()
    {
        _pair.Ours.Dispose();
        Assert.False(await ResultAsync(Readable()));
    }

    [LinuxFact]
    public async Task A_wait_whose_socket_is_closed_meanwhile_ends_when_it_is_cancelled()
    {
        var wait = Readable();
        LoopRun.On(Loop, static () => { });
        _pair.Ours.Dispose();
        wait.Cancel();
        Assert.False(await ResultAsync(wait));
    }

    [LinuxFact]
    public async Task What_the_kernel_does_not_watch_is_not_waited_for()
    {
        using var file = File.OpenHandle(Path.GetTempFileName(), options: FileOptions.DeleteOnClose);
        using var handle = new SafeSocketHandle(file.DangerousGetHandle(), ownsHandle: false);
        Assert.False(await ResultAsync(LoopWait.Readable(Loop, handle)));
    }

    [LinuxFact]
    public async Task A_wait_ends_with_its_loop_and_none_begins_behind_it()
    {
        var wait = Readable();
        LoopRun.On(Loop, static () => { });
        Loop.Stop();
        Assert.False(await ResultAsync(wait));
        Assert.False(await ResultAsync(Readable()));
    }

    private LoopWait Readable() => LoopWait.Readable(Loop, _pair.Ours.SafeHandle);

    private LoopWait Writable() => LoopWait.Writable(Loop, _pair.Ours.SafeHandle);

    /// <summary>A wait goes on in the loop's thread; a test must not, since it waits for that thread.</summary>
    private static Task<bool> ResultAsync(LoopWait wait) => wait.Result
        .WaitAsync(StageTest.Patience)
        .ContinueWith(static result => result.GetAwaiter().GetResult(), TaskScheduler.Default);
}
