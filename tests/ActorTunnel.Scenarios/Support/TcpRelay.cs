using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A cable between two nodes that a story can cut: it passes bytes on until then.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _target;
    private readonly Lock _gate = new();
    private readonly List<(Socket Near, Socket Far)> _cables = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private long _connections;

    public TcpRelay(IPEndPoint target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(16);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAllAsync();
    }

    public IPEndPoint Address { get; }

    /// <summary>Connections that went through it since the start.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Ends every connection now, towards both nodes.</summary>
    /// <param name="reset">With a reset, as when a process dies; else with a FIN.</param>
    public void Cut(bool reset)
    {
        lock (_gate)
        {
            foreach (var (near, far) in _cables)
            {
                End(near, reset);
                End(far, reset);
            }

            _cables.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Cut(reset: true);
        await Task.WhenAll(_running).InTime();
    }

    private static void End(Socket socket, bool reset)
    {
        if (reset)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
        else
        {
            socket.Shutdown(SocketShutdown.Both);
        }
    }

    private async Task AcceptAllAsync()
    {
        while (true)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptAsync();
            }
            catch (SocketException)
            {
                return; // The story is over.
            }

            var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await far.ConnectAsync(_target);
            }
            catch (SocketException)
            {
                near.Dispose(); // Nobody is there.
                far.Dispose();
                continue;
            }

            Interlocked.Increment(ref _connections);
            near.NoDelay = far.NoDelay = true;
            lock (_gate)
            {
                _cables.Add((near, far));
                _running.Add(CarryAsync(near, far));
            }
        }
    }

    private static async Task CarryAsync(Socket near, Socket far)
    {
        await Task.WhenAll(PumpAsync(near, far), PumpAsync(far, near));
        near.Dispose();
        far.Dispose();
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut, or one node was gone first: both sides learn of it.
            to.Dispose();
        }
    }
}
