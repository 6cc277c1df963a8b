using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A TCP server of a story: each accepted connection is handled by the story's own lines.</summary>
internal sealed class Origin : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<Peer, Task> _handler;
    private readonly ConcurrentBag<Task> _running = [];
    private readonly Task _accepting;

    private Origin(Func<Peer, Task> handler)
    {
        _handler = handler;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    public IPEndPoint Address { get; }

    public static Origin Start(Func<Peer, Task> handler) => new(handler);

    /// <summary>Sends everything back, and the end after it.</summary>
    public static Origin Echo() => Start(async peer =>
    {
        var buffer = new byte[64 * 1024];
        while (await peer.Socket.ReceiveAsync(buffer) is > 0 and var count)
        {
            await peer.SendAsync(buffer.AsMemory(0, count));
        }

        peer.SendFin();
    });

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_running).InTime();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (SocketException)
            {
                return; // The story is over.
            }

            _running.Add(HandleAsync(new Peer(socket)));
        }
    }

    private async Task HandleAsync(Peer peer)
    {
        using (peer)
        {
            await _handler(peer);
        }
    }
}
