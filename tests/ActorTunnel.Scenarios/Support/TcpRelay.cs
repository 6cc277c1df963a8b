using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A cable between two nodes that a story can cut, or hang: it passes bytes on until then.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _target;
    private readonly Lock _gate = new();
    private readonly List<Cable> _cables = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private long _connections;
    private long _bytes;

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

    /// <summary>Bytes that came to it from either side since the start.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Ends every connection now, towards both nodes.</summary>
    /// <param name="reset">With a reset, as when a process dies; else with a FIN.</param>
    public void Cut(bool reset)
    {
        lock (_gate)
        {
            foreach (var (near, far, cut) in _cables)
            {
                End(near, reset);
                End(far, reset);
                cut.TrySetResult();
            }

            _cables.Clear();
        }
    }

    /// <summary>From here on nothing is read or sent on the connections there are, and neither node is told. New ones work.</summary>
    public void Hang()
    {
        lock (_gate)
        {
            _cables.ForEach(cable => cable.IsHung = true);
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
        try
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
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Over already.
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
                var cable = new Cable(near, far, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                _cables.Add(cable);
                _running.Add(CarryAsync(cable));
            }
        }
    }

    private async Task CarryAsync(Cable cable)
    {
        await Task.WhenAll(PumpAsync(cable.Near, cable.Far, cable), PumpAsync(cable.Far, cable.Near, cable));
        cable.Near.Dispose();
        cable.Far.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to, Cable cable)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                Interlocked.Add(ref _bytes, count);
                if (cable.IsHung)
                {
                    await cable.Cut.Task;
                    return;
                }

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

    private sealed record Cable(Socket Near, Socket Far, TaskCompletionSource Cut)
    {
        private volatile bool _hung;

        /// <summary>It holds what it has until it is cut.</summary>
        public bool IsHung
        {
            get => _hung;
            set => _hung = value;
        }
    }
}
