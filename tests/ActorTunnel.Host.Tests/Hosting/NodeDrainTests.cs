using ActorTunnel.Host.Demo;
using ActorTunnel.Host.Hosting;
using ActorTunnel.Proxy;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ActorTunnel.Host.Tests.Hosting;

public sealed class NodeDrainTests
{
    private static readonly DrainTimes Times = DrainTimes.OfMember(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));

    private readonly TimerTime _time = new();
    private readonly LineHistory _events = new(1_000);
    private readonly TaskCompletionSource<DrainResult> _drained = new();
    private int _tunnels = 300;
    private bool _isMember = true;

    [Fact]
    public async Task The_others_are_told_first_then_they_have_a_moment_and_only_then_GOAWAY_is_sent()
    {
        var told = new TaskCompletionSource();
        var drain = Create(told.Task);

        var run = drain.RunAsync();

        Assert.Equal(["not ready", "draining: telling the mesh; 300 tunnels open", "tell the mesh within 2 s"], Events());
        Assert.Equal(DrainStep.Announcing, drain.Progress.Step);
        told.SetResult();
        Assert.NotNull(await _events.FindAsync(line => line.StartsWith("draining: the mesh was told", StringComparison.Ordinal)));
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal(4, Events().Length);
        Assert.Equal(DrainStep.Waiting, drain.Progress.Step);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.NotNull(await _events.FindAsync(line => line == "GOAWAY, and 20 s"));
        Assert.False(run.IsCompleted);

        End(reset: 0);
        await run;
        Assert.Equal(["draining: 300 tunnels, 20 s left", "draining: no tunnel is left", "leave the mesh within 5 s", "draining: left the mesh"], Events()[^4..]);
        Assert.Equal(new DrainProgress(DrainStep.Done, 0, null, 0), drain.Progress);
    }

    [Fact]
    public async Task Each_second_tells_how_many_tunnels_are_left_and_how_long()
    {
        var drain = Create(mesh: null);
        var run = drain.RunAsync();
        await SaidAsync("draining: 300 tunnels, 20 s left");

        _tunnels = 1;
        await _time.TimerSetAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await SaidAsync("draining: 1 tunnel, 19 s left");
        Assert.Equal(new DrainProgress(DrainStep.Draining, 1, TimeSpan.FromSeconds(19), 0), drain.Progress);
        await _time.TimerSetAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await SaidAsync("draining: 1 tunnel, 18 s left");

        End(reset: 0);
        await run;
    }

    [Fact]
    public async Task A_timer_that_fires_early_does_not_tell_the_same_second_twice()
    {
        var drain = Create(mesh: null);
        var run = drain.RunAsync();
        await SaidAsync("draining: 300 tunnels, 20 s left");

        await _time.TimerSetAsync();
        _time.Behind = TimeSpan.FromMilliseconds(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _time.TimerSetAsync();
        _time.Behind = TimeSpan.Zero;
        _tunnels = 299;
        _time.Advance(TimeSpan.FromSeconds(1));
        await SaidAsync("draining: 299 tunnels, 18 s left");

        Assert.Equal(["not ready", "GOAWAY, and 20 s", "draining: 300 tunnels, 20 s left", "draining: 299 tunnels, 18 s left"], Events());
        End(reset: 0);
        await run;
    }

    [Fact]
    public async Task What_was_reset_at_the_deadline_is_told_before_the_node_leaves()
    {
        var drain = Create(Task.CompletedTask);
        var run = drain.RunAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        await SaidAsync("draining: 300 tunnels, 20 s left");

        End(reset: 12);
        await run;

        Assert.Equal(["draining: 12 tunnels reset at the deadline", "leave the mesh within 5 s", "draining: left the mesh"], Events()[^3..]);
        Assert.Equal(12, drain.Progress.TunnelsReset);
    }

    [Fact]
    public async Task A_node_that_has_not_joined_says_neither_that_the_others_were_told_nor_that_it_left()
    {
        _isMember = false;
        var drain = Create(Task.CompletedTask);
        var run = drain.RunAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        await SaidAsync("draining: 300 tunnels, 20 s left");

        End(reset: 0);
        await run;

        Assert.Equal(
            [
                "not ready",
                "draining: no member of the mesh at the moment, so nobody is told; 300 tunnels open",
                "tell the mesh within 2 s",
                "GOAWAY, and 20 s",
                "draining: 300 tunnels, 20 s left",
                "draining: no tunnel is left",
                "leave the mesh within 5 s",
                "draining: no member of the mesh at the end, so there was nothing to leave",
            ],
            Events());
    }

    [Fact]
    public async Task A_drain_that_fails_is_over_for_who_waits_for_it_and_not_done()
    {
        var drain = Create(Task.FromException(new InvalidOperationException("no mesh")));

        await Assert.ThrowsAsync<InvalidOperationException>(drain.RunAsync);

        Assert.True(drain.Done.IsCompleted);
        Assert.Equal(DrainStep.Announcing, drain.Progress.Step);
    }

    [Fact]
    public async Task Without_a_mesh_nobody_is_waited_for()
    {
        var drain = Create(mesh: null);
        var run = drain.RunAsync();

        Assert.Equal(["not ready", "GOAWAY, and 20 s", "draining: 300 tunnels, 20 s left"], Events());
        End(reset: 0);
        await run;
        Assert.Equal("draining: no tunnel is left", Events()[^1]);
        Assert.True(drain.Done.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_drain_that_was_not_asked_for_says_so()
    {
        var drain = Create(mesh: null);

        Assert.Equal(new DrainProgress(DrainStep.None, 300, null, 0), drain.Progress);
        Assert.False(drain.Done.IsCompleted);
    }

    [Fact]
    public void The_whole_of_it_is_its_steps_together() => Assert.Equal(TimeSpan.FromSeconds(2 + 3 + 20 + 5), Times.Total);

    private NodeDrain Create(Task? mesh)
    {
        var actions = new DrainActions(
            () => _events.Append("not ready"),
            limit =>
            {
                _events.Append($"GOAWAY, and {limit.TotalSeconds} s");
                return _drained.Task;
            },
            () => _tunnels,
            mesh is null ? null : new DrainMesh(
                () => Task.FromResult(_isMember),
                limit => Note($"tell the mesh within {limit.TotalSeconds} s", mesh),
                limit => Note($"leave the mesh within {limit.TotalSeconds} s", Task.CompletedTask)));
        return new NodeDrain(actions, mesh is null ? DrainTimes.Alone(Times.Timeout) : Times, _events.Append, _time);
    }

    private Task Note(string line, Task result)
    {
        _events.Append(line);
        return result;
    }

    private void End(int reset)
    {
        _tunnels = 0;
        _drained.SetResult(new DrainResult(reset == 0, reset));
    }

    private string[] Events() => [.. _events.Last(1_000)];

    private async Task SaidAsync(string line) => Assert.NotNull(await _events.FindAsync(found => found == line).WaitAsync(TimeSpan.FromSeconds(20)));

    /// <summary>A clock that tells when somebody waits for it, and whose timers may fire early.</summary>
    private sealed class TimerTime : FakeTimeProvider
    {
        private readonly SemaphoreSlim _set = new(0);

        /// <summary>How far timestamps are behind the timers.</summary>
        public TimeSpan Behind { get; set; }

        /// <summary>One more timer than before.</summary>
        public async Task TimerSetAsync() => Assert.True(await _set.WaitAsync(TimeSpan.FromSeconds(20)));

        public override long GetTimestamp() => base.GetTimestamp() - Behind.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _set.Release();
            return timer;
        }
    }
}
