using System.Net;
using System.Net.Sockets;
using ActorTunnel.Transport.Loops;

namespace ActorTunnel.Transport.Sockets;

/// <summary>Which step of a dial failed.</summary>
public enum DialStep
{
    /// <summary>Resolving the name.</summary>
    Resolve,

    /// <summary>Connecting to an address.</summary>
    Connect,
}

/// <summary>How a dial ended.</summary>
public abstract record DialResult
{
    /// <summary>The receiver owns the connection.</summary>
    public sealed record Connected(TcpConnection Connection) : DialResult;

    /// <summary>The last error of the last address; <see cref="SocketError.TimedOut"/> where the time was up.</summary>
    public sealed record Failed(DialStep Step, SocketError Error) : DialResult;
}

/// <summary>Dials host names and addresses. Never throws for what a network can do.</summary>
/// <param name="Options">For each connection.</param>
/// <param name="Resolver">Asked for names.</param>
/// <param name="ConnectTimeout">Longest wait for each address; excludes the resolution of the name.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loops">Where connects are waited for; null: .NET does.</param>
public sealed record TcpDialer(TcpConnectionOptions Options, NameResolver Resolver, TimeSpan ConnectTimeout, TimeProvider Time, EventLoops? Loops = null)
{
    /// <summary>How long one address has to itself before the next one is tried beside it (RFC 8305 §5).</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Resolves <paramref name="host"/> once and dials what was found.</summary>
    public async Task<DialResult> DialAsync(string host, int port, CancellationToken cancellation)
    {
        var names = await Resolver.ResolveAsync(host, DnsFamily.All, cancellation).ConfigureAwait(false);
        return names.Error == SocketError.Success
            ? await DialAsync(names.Addresses, port, cancellation).ConfigureAwait(false)
            : new DialResult.Failed(DialStep.Resolve, names.Error);
    }

    /// <summary>
    /// Dials addresses in order, each <see cref="AttemptDelay"/> behind the one before, or at once where that has failed; the first connection
    /// wins, and the others are closed (happy eyeballs, RFC 8305).
    /// </summary>
    public async Task<DialResult> DialAsync(IReadOnlyList<IPAddress> addresses, int port, CancellationToken cancellation)
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new List<Task<Attempt>>();
        var next = 0;
        var last = SocketError.HostNotFound;
        Socket? winner = null;
        while (winner is null && (next < addresses.Count || running.Count > 0))
        {
            if (next < addresses.Count)
            {
                running.Add(ConnectAsync(new IPEndPoint(addresses[next++], port), losers.Token));
            }

            var ended = await FirstAsync(running, wait: next < addresses.Count, losers.Token).ConfigureAwait(false);
            if (ended is null)
            {
                continue; // Its time alone is over; the next one starts beside it.
            }

            running.Remove(ended);
            var attempt = await ended.ConfigureAwait(false);
            winner = attempt.Socket;
            last = attempt.Error;
        }

        await losers.CancelAsync().ConfigureAwait(false);
        foreach (var attempt in await Task.WhenAll(running).ConfigureAwait(false))
        {
            attempt.Socket?.Dispose(); // It connected in the same moment, one place behind.
        }

        return winner is null
            ? new DialResult.Failed(DialStep.Connect, last)
            : new DialResult.Connected(new TcpConnection(winner, Options, Loops));
    }

    /// <summary>The attempt that ends first, or null where <see cref="AttemptDelay"/> is over before, if there is one to wait for.</summary>
    private async Task<Task<Attempt>?> FirstAsync(List<Task<Attempt>> running, bool wait, CancellationToken cancellation)
    {
        var first = Task.WhenAny(running);
        if (!wait)
        {
            return await first.ConfigureAwait(false);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var delay = Task.Delay(AttemptDelay, Time, enough.Token);
        var ended = await Task.WhenAny(first, delay).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        return ended == first ? await first.ConfigureAwait(false) : null;
    }

    private async Task<Attempt> ConnectAsync(IPEndPoint address, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(ConnectTimeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        if (Loops?.Any is { } loop)
        {
            var (connected, error) = await LoopDial.ConnectAsync(loop, address, either.Token).ConfigureAwait(false);
            return new Attempt(connected, error);
        }

        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, either.Token).ConfigureAwait(false);
            return new Attempt(socket, SocketError.Success);
        }
        catch (SocketException e)
        {
            // A refused or unreachable address is an expected outcome.
            socket.Dispose();
            return new Attempt(null, e.SocketErrorCode);
        }
        catch (OperationCanceledException)
        {
            // The deadline, another address was faster, or nobody waits any more.
            socket.Dispose();
            return new Attempt(null, SocketError.TimedOut);
        }
    }

    private readonly record struct Attempt(Socket? Socket, SocketError Error);
}
