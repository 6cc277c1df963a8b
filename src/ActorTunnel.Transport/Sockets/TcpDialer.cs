using System.Net;
using System.Net.Sockets;

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

/// <summary>Dials host names and addresses.</summary>
/// <param name="Options">For each connection.</param>
/// <param name="DnsTimeout">Longest wait for a name.</param>
/// <param name="ConnectTimeout">Longest wait for each address; excludes the resolution of the name.</param>
/// <param name="Time">The clock of both.</param>
public sealed record TcpDialer(TcpConnectionOptions Options, TimeSpan DnsTimeout, TimeSpan ConnectTimeout, TimeProvider Time)
{
    /// <summary>Resolves <paramref name="host"/> once and tries its addresses in order. Never throws for what a network can do.</summary>
    public async Task<DialResult> DialAsync(string host, int port, CancellationToken cancellation)
    {
        var addresses = await ResolveAsync(host, cancellation).ConfigureAwait(false);
        if (addresses.Error != SocketError.Success)
        {
            return new DialResult.Failed(DialStep.Resolve, addresses.Error);
        }

        var last = SocketError.HostNotFound;
        foreach (var address in addresses.Found)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            last = await ConnectAsync(socket, new IPEndPoint(address, port), cancellation).ConfigureAwait(false);
            if (last == SocketError.Success)
            {
                return new DialResult.Connected(new TcpConnection(socket, Options));
            }

            socket.Dispose();
        }

        return new DialResult.Failed(DialStep.Connect, last);
    }

    private async Task<(SocketError Error, IPAddress[] Found)> ResolveAsync(string host, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return (SocketError.Success, [literal]);
        }

        using var deadline = new CancellationTokenSource(DnsTimeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var found = await Dns.GetHostAddressesAsync(host, either.Token).ConfigureAwait(false);
            return found.Length == 0 ? (SocketError.HostNotFound, []) : (SocketError.Success, found);
        }
        catch (SocketException e)
        {
            // The resolver's way to say that there is no such name.
            return (e.SocketErrorCode, []);
        }
        catch (OperationCanceledException)
        {
            // The deadline, or nobody waits any more.
            return (SocketError.TimedOut, []);
        }
    }

    private async Task<SocketError> ConnectAsync(Socket socket, IPEndPoint address, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(ConnectTimeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await socket.ConnectAsync(address, either.Token).ConfigureAwait(false);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            // A refused or unreachable address is an expected outcome.
            return e.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            // The deadline, or nobody waits any more.
            return SocketError.TimedOut;
        }
    }
}
