using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A TCP server of a story: the story takes its connections one by one, or each is handled the same way.</summary>
internal sealed class Origin : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Channel<Peer> _accepted = Channel.CreateUnbounded<Peer>();
    private readonly ConcurrentQueue<Task> _running = new();
    private readonly Func<Peer, Task>? _handler;
    private readonly Task _accepting;

    private Origin(Func<Peer, Task>? handler, int receiveBuffer)
    {
        _handler = handler;
        if (receiveBuffer > 0)
        {
            _listener.ReceiveBufferSize = receiveBuffer;
        }

        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAllAsync();
    }

    public IPEndPoint Address { get; }

    /// <summary>Its connections are taken with <see cref="AcceptAsync"/>.</summary>
    /// <param name="receiveBuffer">Bytes that the kernel may hold of each connection, about; 0: as many as it likes.</param>
    public static Origin Start(int receiveBuffer = 0) => new(null, receiveBuffer);

    /// <summary>Each connection is handled by these lines.</summary>
    public static Origin Start(Func<Peer, Task> handler) => new(handler, 0);

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

    /// <summary>The next connection, which is the caller's.</summary>
    public Task<Peer> AcceptAsync() => _accepted.Reader.ReadAsync().AsTask().InTime();

    /// <summary>Whether a connection waits that nobody took.</summary>
    public bool HasPending => _accepted.Reader.Count > 0;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        while (_accepted.Reader.TryRead(out var peer))
        {
            peer.Dispose();
        }

        await Task.WhenAll(_running).InTime();
    }

    private async Task AcceptAllAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return; // The story is over, while it waited or in between.
            }

            if (_handler is null)
            {
                _accepted.Writer.TryWrite(new Peer(socket));
            }
            else
            {
                _running.Enqueue(HandleAsync(_handler, new Peer(socket)));
            }
        }
    }

    private static async Task HandleAsync(Func<Peer, Task> handler, Peer peer)
    {
        using (peer)
        {
            await handler(peer);
        }
    }
}

/// <summary>An address that accepts no connection and refuses none: its queue is full.</summary>
internal sealed class SilentAddress : IDisposable
{
    private static readonly TimeSpan LongerThanAnyLocalConnect = TimeSpan.FromMilliseconds(300);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    private SilentAddress()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public static async Task<SilentAddress> StartAsync()
    {
        var silent = new SilentAddress();
        while (await silent.TryFillAsync())
        {
            // Once more, until nobody gets in.
        }

        return silent;
    }

    public void Dispose()
    {
        _fillers.ForEach(filler => filler.Dispose());
        _listener.Dispose();
    }

    private async Task<bool> TryFillAsync()
    {
        var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _fillers.Add(filler);
        using var deadline = new CancellationTokenSource(LongerThanAnyLocalConnect);
        try
        {
            await filler.ConnectAsync(Address, deadline.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false; // The queue is full.
        }
    }
}
