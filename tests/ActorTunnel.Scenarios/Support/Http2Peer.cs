using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Scenarios.Support;

/// <summary>What an <see cref="Http2Peer"/> saw, without anything that is owned.</summary>
internal sealed record PeerEvent(
    SessionEventKind Kind, int StreamId, HeaderField[] Fields, byte[] Data, bool EndStream, ErrorCode Code, bool ByPeer, string? Detail)
{
    public string? this[string field] => Fields.Where(f => f.Name == field).Select(f => f.Value).FirstOrDefault();
}

/// <summary>
/// One end of an HTTP/2 connection that does only what the story says: a client that sends what an encapsulator never would, or a
/// terminator that answers as no terminator does. It repays every byte at once.
/// </summary>
internal sealed class Http2Peer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly BufferPool _pool = new();
    private readonly Http2Session _session;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly Channel<PeerEvent> _events = Channel.CreateUnbounded<PeerEvent>();
    private readonly Channel<byte[]> _output = Channel.CreateUnbounded<byte[]>();
    private readonly Task _writing;
    private Task _reading = Task.CompletedTask;
    private TaskCompletionSource? _paused;

    private Http2Peer(Socket socket, Stream stream, SessionRole role, SessionSettings settings)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _stream = stream;
        _session = new Http2Session(role, settings, _pool);
        Act(_ => { });
        _writing = WriteAsync();
    }

    /// <summary>A client of a connect listener, whose SETTINGS have come.</summary>
    /// <param name="address">The listener's.</param>
    /// <param name="first">Done before anything is read, so before any limit of the listener is known.</param>
    /// <param name="security">With TLS, one with the shared certificates.</param>
    public static async Task<Http2Peer> ConnectAsync(IPEndPoint address, Action<Http2Peer>? first = null, Security security = Security.Cleartext)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address).InTime();
        Stream stream = new NetworkStream(socket);
        if (security == Security.Tls)
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(TestCertificates.Shared.ClientOptions(SslApplicationProtocol.Http2)).InTime();
            stream = tls;
        }

        var peer = new Http2Peer(socket, stream, SessionRole.Client, new SessionSettings());
        first?.Invoke(peer);
        peer._reading = peer.ReadAsync();
        await peer.NextAsync(SessionEventKind.SettingsReceived);
        return peer;
    }

    /// <summary>The server's end of an accepted connection.</summary>
    public static Http2Peer Accept(Peer connection, SessionSettings? settings = null) =>
        Accept(connection.Socket, new NetworkStream(connection.Socket), settings);

    /// <summary>The same with TLS and the shared certificates, behind the handshake.</summary>
    public static async Task<Http2Peer> AcceptTlsAsync(Peer connection)
    {
        var tls = new SslStream(new NetworkStream(connection.Socket));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = TestCertificates.Shared.Server.Leaf,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        }).InTime();
        return Accept(connection.Socket, tls, null);
    }

    /// <summary>Opens a stream with a CONNECT or whatever the fields say. Returns its id.</summary>
    public int Open(bool endStream, params (string Name, string Value)[] fields)
    {
        var id = 0;
        Act(session =>
        {
            var stream = session.OpenStream(Fields(fields), endStream);
            _streams.Add(stream.Id, stream);
            id = stream.Id;
        });
        return id;
    }

    public void Respond(int stream, bool endStream, params (string Name, string Value)[] fields) =>
        Act(session => session.SendHeaders(_streams[stream], Fields(fields), endStream));

    /// <summary>DATA, and END_STREAM behind it where wanted; all of it goes out in one write.</summary>
    public void Send(int stream, byte[] data, bool endStream, ErrorCode? thenReset = null) => Act(session =>
    {
        for (var offset = 0; offset < data.Length; offset += BufferPool.BlockSize / 2)
        {
            var count = Math.Min(BufferPool.BlockSize / 2, data.Length - offset);
            var block = _pool.Rent();
            data.AsSpan(offset, count).CopyTo(block.Array.AsSpan(9));
            session.SendData(_streams[stream], block.AsSlice(9, count));
        }

        if (endStream)
        {
            session.SendEnd(_streams[stream]);
        }

        if (thenReset is { } code)
        {
            Flush(); // A reset drops what is queued.
            session.Reset(_streams[stream], code);
        }
    });

    /// <summary>Waits until so many bytes could go out at once: what the other side's application took is repaid a little later.</summary>
    public Task HasWindowAsync(int stream, int bytes) => Eventually.TrueAsync(
        () => SendCapacity(stream) >= bytes, () => $"the window of stream {stream} is {SendCapacity(stream)}, not {bytes}");

    /// <summary>Reads no more from the connection, once what is being read has come.</summary>
    public void Pause() => _paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads on.</summary>
    public void Resume() => _paused?.TrySetResult();

    public void Reset(int stream, ErrorCode code) => Act(session => session.Reset(_streams[stream], code));

    public void BeginGoAway() => Act(session => session.BeginGoAway());

    /// <summary>Bytes that no session would write.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes) => _output.Writer.TryWrite(bytes.ToArray());

    /// <summary>Ends the connection behind all that was sent: close_notify where there is TLS, and a FIN.</summary>
    public async Task SendConnectionEndAsync()
    {
        _output.Writer.TryComplete();
        await _writing.InTime();
        if (_stream is SslStream tls)
        {
            await tls.ShutdownAsync().InTime();
        }

        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>The next event of a kind; others before it are skipped.</summary>
    public async Task<PeerEvent> NextAsync(SessionEventKind kind)
    {
        while (true)
        {
            var e = await _events.Reader.ReadAsync().AsTask().InTime();
            if (e.Kind == kind)
            {
                return e;
            }
        }
    }

    /// <summary>The next event on a stream, or of the session as a whole.</summary>
    public async Task<PeerEvent> NextOnAsync(int stream)
    {
        while (true)
        {
            var e = await _events.Reader.ReadAsync().AsTask().InTime();
            if (e.StreamId == stream && e.Kind != SessionEventKind.SendReady)
            {
                return e;
            }
        }
    }

    /// <summary>The next event on any stream.</summary>
    public async Task<PeerEvent> NextOnAnyAsync()
    {
        while (true)
        {
            var e = await _events.Reader.ReadAsync().AsTask().InTime();
            if (e.StreamId != 0 && e.Kind != SessionEventKind.SendReady)
            {
                return e;
            }
        }
    }

    /// <summary>Completes when the other side ended the connection.</summary>
    public Task EndedAsync() => _reading.InTime();

    public async ValueTask DisposeAsync()
    {
        _output.Writer.TryComplete();
        await _writing;
        _socket.Dispose();
        await _reading;
        await _stream.DisposeAsync();
        lock (_gate)
        {
            _session.Dispose();
        }

        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    private static Http2Peer Accept(Socket socket, Stream stream, SessionSettings? settings)
    {
        var peer = new Http2Peer(socket, stream, SessionRole.Server, settings ?? new SessionSettings());
        peer._reading = peer.ReadAsync();
        return peer;
    }

    private static HeaderField[] Fields((string Name, string Value)[] fields) => [.. fields.Select(f => new HeaderField(f.Name, f.Value))];

    private int SendCapacity(int stream)
    {
        lock (_gate)
        {
            return _streams[stream].SendCapacity;
        }
    }

    private void Act(Action<Http2Session> action)
    {
        lock (_gate)
        {
            action(_session);
            Settle();
        }
    }

    private void Settle()
    {
        while (_session.TryReadEvent(out var e))
        {
            if (e.Stream is { } stream)
            {
                _streams[stream.Id] = stream;
            }

            var data = e.Data.Span.ToArray();
            e.Data.Dispose();
            if (data.Length > 0)
            {
                _session.Repay(e.Stream!, data.Length);
            }

            _events.Writer.TryWrite(new PeerEvent(
                e.Kind, e.StreamId, [.. e.Fields ?? []], data, e.EndStream, e.Code, e.ByPeer, e.Detail));
        }

        Flush();
    }

    private void Flush()
    {
        using var output = new SliceQueue();
        while (_session.HasOutput)
        {
            _session.TakeOutput(output, int.MaxValue);
            var bytes = new byte[output.Bytes];
            var at = 0;
            while (output.TryDequeue(out var slice))
            {
                slice.Span.CopyTo(bytes.AsSpan(at));
                at += slice.Length;
                slice.Dispose();
            }

            _output.Writer.TryWrite(bytes);
        }
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            await (_paused?.Task ?? Task.CompletedTask);
            var block = _pool.Rent();
            int count;
            try
            {
                count = await _stream.ReadAsync(block.Array.AsMemory());
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                count = 0; // The connection is over, however.
            }

            if (count == 0)
            {
                block.Release();
                return;
            }

            lock (_gate)
            {
                _session.Receive(block.AsSlice(0, count));
                Settle();
            }
        }
    }

    private async Task WriteAsync()
    {
        await foreach (var bytes in _output.Reader.ReadAllAsync())
        {
            try
            {
                await _stream.WriteAsync(bytes);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                return; // The connection is over; the reader says so.
            }
        }
    }
}
