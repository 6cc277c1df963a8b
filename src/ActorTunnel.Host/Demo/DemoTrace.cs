using System.Collections.Immutable;

namespace ActorTunnel.Host.Demo;

/// <summary>A transfer with what both nodes logged of its tunnel.</summary>
internal sealed record DemoTunnel(DemoTransfer Transfer, LogFields Encapsulator, LogFields Terminator);

/// <summary>An HTTP/2 session as both of its ends logged it.</summary>
internal sealed record DemoSession(LogFields Encapsulator, LogFields Terminator);

/// <summary>The way of the transfers, put together from the nodes' log lines.</summary>
/// <param name="Tunnels">One for each transfer that was found.</param>
/// <param name="Sessions">Those that carried them, each once.</param>
/// <param name="Problems">What is missing, and where the logs do not agree with the client.</param>
internal sealed record DemoTrace(ImmutableArray<DemoTunnel> Tunnels, ImmutableArray<DemoSession> Sessions, ImmutableArray<string> Problems)
{
    private const string Access = "access ";
    private const string Session = "session ";

    // Lines are written when a tunnel is over at that node, which is soon after the client saw its end.
    private static readonly TimeSpan LineTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Waits for the lines of each transfer that had a connection.</summary>
    public static async Task<DemoTrace> CollectAsync(
        IEnumerable<DemoTransfer> transfers, LineHistory encapsulator, LineHistory terminator, CancellationToken cancellation)
    {
        var tunnels = ImmutableArray.CreateBuilder<DemoTunnel>();
        var sessions = ImmutableArray.CreateBuilder<DemoSession>();
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var transfer in transfers.Where(transfer => transfer.Client is not null))
        {
            var problem = await FollowAsync(transfer, encapsulator, terminator, tunnels, sessions, cancellation);
            if (problem is not null)
            {
                problems.Add($"{transfer.Name}: {problem}");
            }
        }

        problems.AddRange(tunnels.SelectMany(Disagreements));
        return new DemoTrace(tunnels.ToImmutable(), sessions.ToImmutable(), problems.ToImmutable());
    }

    /// <summary>client → encapsulator's tunnel → its session → the terminator's session → its tunnel.</summary>
    private static async Task<string?> FollowAsync(
        DemoTransfer transfer,
        LineHistory encapsulator,
        LineHistory terminator,
        ImmutableArray<DemoTunnel>.Builder tunnels,
        ImmutableArray<DemoSession>.Builder sessions,
        CancellationToken cancellation)
    {
        var outer = await FindAsync(encapsulator, Access, line => line["downstream"] == $"{transfer.Client}", cancellation);
        if (outer is null)
        {
            return "the encapsulator logged no tunnel for it";
        }

        var session = sessions.FirstOrDefault(session => session.Encapsulator["session"] == outer["session"]);
        if (session is null)
        {
            var near = await FindAsync(encapsulator, Session, line => line["session"] == outer["session"], cancellation);
            var far = near is null ? null
                : await FindAsync(terminator, Session, line => line["remote"] == near["local"], cancellation);
            if (near is null || far is null)
            {
                return $"the {(near is null ? "encapsulator" : "terminator")} did not log its session {outer["session"]}";
            }

            session = new DemoSession(near, far);
            sessions.Add(session);
        }

        var inner = await FindAsync(
            terminator,
            Access,
            line => line["session"] == session.Terminator["session"] && line["stream"] == outer["stream"],
            cancellation);
        if (inner is null)
        {
            return $"the terminator logged no tunnel on stream {outer["stream"]}";
        }

        tunnels.Add(new DemoTunnel(transfer, outer, inner));
        return null;
    }

    private static async Task<LogFields?> FindAsync(
        LineHistory history, string prefix, Func<LogFields, bool> isWanted, CancellationToken cancellation)
    {
        try
        {
            var line = await history.FindAsync(line => Parse(line, prefix) is { } fields && isWanted(fields))
                .WaitAsync(LineTimeout, cancellation);
            return line is null ? null : Parse(line, prefix);
        }
        catch (TimeoutException)
        {
            // Who asked says which line is missing.
            return null;
        }
    }

    private static LogFields? Parse(string line, string prefix) =>
        line.StartsWith(prefix, StringComparison.Ordinal) && LogFields.TryParse(line[prefix.Length..], out var fields) ? fields : null;

    /// <summary>Every hop must have counted what the client's socket took and gave.</summary>
    private static IEnumerable<string> Disagreements(DemoTunnel tunnel)
    {
        foreach (var (node, fields) in new[] { ("encapsulator", tunnel.Encapsulator), ("terminator", tunnel.Terminator) })
        {
            foreach (var (key, expected) in new[]
            {
                ("from-downstream", tunnel.Transfer.Sent), ("to-upstream", tunnel.Transfer.Sent),
                ("from-upstream", tunnel.Transfer.Received), ("to-downstream", tunnel.Transfer.Received),
            })
            {
                if (fields.Number(key) != expected)
                {
                    yield return $"{tunnel.Transfer.Name}: the {node} counted {key}={fields[key] ?? "-"}, the client {expected}";
                }
            }
        }
    }
}
