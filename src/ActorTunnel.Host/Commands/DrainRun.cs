using ActorTunnel.Host.Hosting;

namespace ActorTunnel.Host.Commands;

/// <summary>How it ended.</summary>
internal abstract record DrainEnd
{
    private DrainEnd()
    {
    }

    /// <summary>The node drained, and its process is gone.</summary>
    public sealed record InOrder(string Node, int Pid, int TunnelsReset) : DrainEnd;

    /// <summary>One line.</summary>
    public sealed record Failed(string Problem) : DrainEnd;
}

/// <summary>One drain of a node from outside: find its process, ask it to stop, and look on.</summary>
/// <param name="client">Of the node's admin server.</param>
/// <param name="expected">The node's name where it is known: another node may have taken the address.</param>
/// <param name="say">Takes progress, in lines.</param>
/// <param name="time">The clock.</param>
internal sealed class DrainRun(AdminClient client, string? expected, Action<string> say, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GoneInterval = TimeSpan.FromMilliseconds(50);

    // What a node still does when its drain is over: the admin server's and the actor system's ends, and the last lines of its log.
    private static readonly TimeSpan GoneTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The node was asked to stop, and does so whatever becomes of this.</summary>
    public bool IsAsked { get; private set; }

    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was; a node that was asked goes on.</exception>
    public async Task<DrainEnd> RunAsync(CancellationToken stop)
    {
        var reply = await client.GetAsync("info", stop);
        if (reply is AdminReply.None none)
        {
            return new DrainEnd.Failed(none.Problem);
        }

        var info = (reply as AdminReply.Page)?.Json;
        if (info?["pid"]?.GetValue<int>() is not { } pid || info["start-ticks"]?.GetValue<long>() is not { } ticks || info["name"]?.GetValue<string>() is not { } node)
        {
            return new DrainEnd.Failed($"what answers at {client.Root} is no node of this program on Linux");
        }

        if (expected is not null && node != expected)
        {
            return new DrainEnd.Failed($"{node} answers at {client.Root}, but node.name of the configuration is {expected}: no signal was sent");
        }

        if (ProcessStart.TicksOf(pid) != ticks)
        {
            return new DrainEnd.Failed(
                Invariant($"{node} answers at {client.Root}, but its process {pid} is not to be seen here: it runs on another machine, or in a container"));
        }

        // Asked before the signal, so that no end is too fast to be heard.
        using var followed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var over = client.GetHeldAsync("drain?wait=true", followed.Token);
        try
        {
            var request = Termination.Request(pid);
            IsAsked = request == TerminationRequest.Sent;
            return request switch
            {
                TerminationRequest.Sent => await FollowAsync(node, pid, ticks, over, stop),
                TerminationRequest.Gone => new DrainEnd.Failed(Invariant($"process {pid} of {node} ended before it was asked to")),
                TerminationRequest.NotPermitted => new DrainEnd.Failed(Invariant($"process {pid} of {node} belongs to another user: SIGTERM is not permitted")),
                _ => throw new InvalidOperationException($"What is {request}?"),
            };
        }
        finally
        {
            await followed.CancelAsync();
            await ((Task)over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<DrainEnd> FollowAsync(string node, int pid, long ticks, Task<AdminReply> over, CancellationToken stop)
    {
        say(Invariant($"{node}: SIGTERM sent to process {pid}"));
        DrainLine? said = null;
        while (!over.IsCompleted)
        {
            if (DrainLine.Of(await client.GetAsync("drain", stop)) is { } line && line.IsNewAfter(said))
            {
                said = line;
                say($"{node}: {line.Text}");
            }

            await Task.WhenAny(over, Task.Delay(LookInterval, time, stop));
            stop.ThrowIfCancellationRequested();
        }

        if ((await over as AdminReply.Page)?.Json is not { } last || last["step"]?.GetValue<string>() != "done" || last["tunnels-reset"]?.GetValue<int>() is not { } reset)
        {
            return new DrainEnd.Failed(Invariant($"process {pid} of {node} ended before its drain did"));
        }

        say(reset > 0 ? Invariant($"{node}: drained; tunnels reset at the deadline: {reset}") : $"{node}: drained");
        var since = time.GetTimestamp();
        while (ProcessStart.TicksOf(pid) == ticks)
        {
            if (time.GetElapsedTime(since) > GoneTimeout)
            {
                return new DrainEnd.Failed(Invariant($"{node} has drained, but its process {pid} is still there"));
            }

            await Task.Delay(GoneInterval, time, stop);
        }

        say(Invariant($"{node}: process {pid} is gone"));
        return new DrainEnd.InOrder(node, pid, reset);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
