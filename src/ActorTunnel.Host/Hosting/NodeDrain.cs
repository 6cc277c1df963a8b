using System.Globalization;
using ActorTunnel.Proxy;

namespace ActorTunnel.Host.Hosting;

/// <summary>What a drain does at the moment, in its order.</summary>
internal enum DrainStep
{
    /// <summary>It was not asked for.</summary>
    None,

    /// <summary>The members are being told.</summary>
    Announcing,

    /// <summary>Encapsulators turn to others, while this node still takes what comes.</summary>
    Waiting,

    /// <summary>GOAWAY was sent, and tunnels end.</summary>
    Draining,

    /// <summary>No tunnel is left, and the node says farewell to the others.</summary>
    Leaving,

    /// <summary>It is over.</summary>
    Done,
}

/// <summary>How far a drain is.</summary>
/// <param name="Step">The step.</param>
/// <param name="Tunnels">Still open.</param>
/// <param name="TimeLeft">Until tunnels are reset; null where that is not being waited for.</param>
/// <param name="TunnelsReset">At the deadline.</param>
internal sealed record DrainProgress(DrainStep Step, int Tunnels, TimeSpan? TimeLeft, int TunnelsReset)
{
    /// <summary>As it is told to people, by the node and by who looks on: the second that has begun counts.</summary>
    public static int SecondsOf(TimeSpan left) => (int)Math.Ceiling(left.TotalSeconds);
}

/// <summary>How long the steps of a drain may take, in their order. A node without a mesh has only <paramref name="Timeout"/>.</summary>
/// <param name="Announcement">For the members to be told.</param>
/// <param name="Delay">From then to the first GOAWAY.</param>
/// <param name="Timeout">For tunnels to end; then they are reset.</param>
/// <param name="Leaving">For leaving the cluster.</param>
internal sealed record DrainTimes(TimeSpan Announcement, TimeSpan Delay, TimeSpan Timeout, TimeSpan Leaving)
{
    /// <summary>Without what comes behind the deadline of tunnels.</summary>
    public TimeSpan Total => Announcement + Delay + Timeout + Leaving;

    /// <summary>For a node that is a member of a mesh.</summary>
    public static DrainTimes OfMember(TimeSpan delay, TimeSpan timeout) => new(TimeSpan.FromSeconds(2), delay, timeout, TimeSpan.FromSeconds(5));

    /// <summary>For a node that nobody waits for.</summary>
    public static DrainTimes Alone(TimeSpan timeout) => new(TimeSpan.Zero, TimeSpan.Zero, timeout, TimeSpan.Zero);
}

/// <summary>What a drain acts upon.</summary>
/// <param name="Refuse">The node is not ready any more, and still takes tunnels.</param>
/// <param name="DrainTunnels">GOAWAY, and the end of all tunnels.</param>
/// <param name="CountTunnels">Those that are open.</param>
/// <param name="Mesh">Null where the node is not to be in any.</param>
internal sealed record DrainActions(Action Refuse, Func<TimeSpan, Task<DrainResult>> DrainTunnels, Func<int> CountTunnels, DrainMesh? Mesh);

/// <summary>The mesh as a drain needs it.</summary>
/// <param name="IsMemberAsync">Whether the node is a member at the moment: it may not have joined yet, or be put out.</param>
/// <param name="AnnounceAsync">Tells the members; done when they know. A member to be is announced when it joins.</param>
/// <param name="LeaveAsync">In order, and for good.</param>
internal sealed record DrainMesh(Func<Task<bool>> IsMemberAsync, Func<TimeSpan, Task> AnnounceAsync, Func<TimeSpan, Task> LeaveAsync);

/// <summary>
/// Takes a node out of service so that no tunnel is lost to it.
/// <code>
///   1 announce ──the members know──▶ 2 wait drain.delay ──▶ 3 GOAWAY, tunnels end ──none left──▶ 5 leave the mesh
///     encapsulators turn to others                            └──drain.timeout──▶ 4 the rest is reset ──▶┘
/// </code>
/// A node that leaves first would be gone from the others' lists while its tunnels run; one that sends GOAWAY first would be chosen once more by each that has not heard yet.
/// </summary>
/// <param name="actions">What is acted upon.</param>
/// <param name="times">How long.</param>
/// <param name="say">Takes lines for people that begin with <c>draining</c>; must not block.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeDrain(DrainActions actions, DrainTimes times, Action<string> say, TimeProvider time)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DrainStep _step;
    private long _drainingSince;
    private volatile int _tunnelsReset;

    /// <summary>Completes when the drain is over.</summary>
    public Task Done => _done.Task;

    public DrainProgress Progress => new(_step, actions.CountTunnels(), _step == DrainStep.Draining ? TimeLeft : null, _tunnelsReset);

    private TimeSpan TimeLeft
    {
        get
        {
            var left = times.Timeout - time.GetElapsedTime(Volatile.Read(ref _drainingSince));
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Once.</summary>
    public async Task RunAsync()
    {
        try
        {
            await RunStepsAsync();
            _step = DrainStep.Done;
        }
        finally
        {
            // Who waits for the end sees by the step whether all of it was done.
            _done.SetResult();
        }
    }

    private async Task RunStepsAsync()
    {
        actions.Refuse();
        if (actions.Mesh is { } mesh)
        {
            await AnnounceAsync(mesh);
        }

        Volatile.Write(ref _drainingSince, time.GetTimestamp());
        _step = DrainStep.Draining;
        var result = await WithProgressAsync(actions.DrainTunnels(times.Timeout));
        _tunnelsReset = result.TunnelsReset;
        say(result.TunnelsReset > 0 ? $"draining: {Tunnels(result.TunnelsReset)} reset at the deadline" : "draining: no tunnel is left");
        if (actions.Mesh is { } left)
        {
            _step = DrainStep.Leaving;
            var (isMember, limit) = await AskAsync(left, times.Leaving);
            await left.LeaveAsync(limit);
            say(isMember ? "draining: left the mesh" : "draining: no member of the mesh at the end, so there was nothing to leave");
        }
    }

    private async Task AnnounceAsync(DrainMesh mesh)
    {
        _step = DrainStep.Announcing;
        var (isMember, limit) = await AskAsync(mesh, times.Announcement);
        say(isMember
            ? $"draining: telling the mesh; {Tunnels(actions.CountTunnels())} open"
            : $"draining: no member of the mesh at the moment, so nobody is told; {Tunnels(actions.CountTunnels())} open");
        await mesh.AnnounceAsync(limit);
        _step = DrainStep.Waiting;
        if (isMember)
        {
            say("draining: the mesh was told; encapsulators turn to others");
        }

        await Task.Delay(times.Delay, time);
    }

    /// <summary>The question takes its time from the step that it belongs to.</summary>
    private async Task<(bool IsMember, TimeSpan Left)> AskAsync(DrainMesh mesh, TimeSpan limit)
    {
        var since = time.GetTimestamp();
        var isMember = await mesh.IsMemberAsync();
        var left = limit - time.GetElapsedTime(since);
        return (isMember, left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private async Task<DrainResult> WithProgressAsync(Task<DrainResult> drained)
    {
        var told = int.MaxValue;
        while (!drained.IsCompleted)
        {
            // A timer that fires a little early finds the second that was told already.
            if (actions.CountTunnels() is > 0 and var open && DrainProgress.SecondsOf(TimeLeft) is > 0 and var seconds && seconds < told)
            {
                told = seconds;
                say(string.Create(CultureInfo.InvariantCulture, $"draining: {Tunnels(open)}, {seconds} s left"));
            }

            using var over = new CancellationTokenSource();
            await Task.WhenAny(drained, Task.Delay(ProgressInterval, time, over.Token));
            await over.CancelAsync();
        }

        return await drained;
    }

    private static string Tunnels(int count) => count == 1 ? "1 tunnel" : string.Create(CultureInfo.InvariantCulture, $"{count} tunnels");
}
