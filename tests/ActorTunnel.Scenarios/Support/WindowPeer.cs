using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorTunnel.Scenarios.Support;

/// <summary>A stream as a <see cref="WindowPeer"/> knows it.</summary>
internal sealed class WindowStream(int id, long window)
{
    public int Id => id;

    /// <summary>DATA octets that the node lets us send.</summary>
    public long Window { get; set; } = window;

    /// <summary>HEADERS went both ways.</summary>
    public bool Answered { get; set; }

    /// <summary>Our END_STREAM, the node's, its RST_STREAM, ours.</summary>
    public bool EndSent { get; set; }

    public bool EndReceived { get; set; }

    public bool ResetByNode { get; set; }

    public bool ResetByUs { get; set; }

    public bool IsLive => !ResetByNode && !ResetByUs && !(EndSent && EndReceived);
}

/// <summary>
/// One end of a cleartext HTTP/2 connection, made of bare frames and of none of the code under test, that keeps its own account of what the node lets it send:
/// the initial window and every WINDOW_UPDATE, less every octet of DATA, padding included (RFC 9113 §6.9). It oversteps no window, repays what it
/// receives at once, and remembers what it is told.
/// </summary>
internal sealed class WindowPeer : IAsyncDisposable
{
    /// <summary>The largest DATA frame that it sends.</summary>
    public const int MaxFrame = 16_384;

    private const int HeaderSize = 9;
    private const int InitialWindow = 65_535;
    private const byte EndStream = 1;
    private const byte Ack = 1;
    private const byte EndHeaders = 4;
    private const byte Padded = 8;
    private const int Preface = 24;

    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly bool _isClient;
    private readonly SortedDictionary<int, WindowStream> _streams = [];
    private readonly Dictionary<long, TaskCompletionSource> _pings = [];
    private readonly TaskCompletionSource _settings = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private long _streamWindow = InitialWindow;
    private long _lastPing;
    private bool _ended;
    private int _nextId = 1;

    private WindowPeer(Socket socket, bool isClient)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _isClient = isClient;
        if (isClient)
        {
            Write(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        }

        WriteFrame(type: 4, flags: 0, stream: 0, []);
        _reading = ReadAsync();
    }

    /// <summary>DATA octets that the node lets us send on the connection.</summary>
    public long Window { get; private set; } = InitialWindow;

    /// <summary>DATA octets sent, padding included.</summary>
    public long Sent { get; private set; }

    /// <summary>Of those, padding and pad lengths.</summary>
    public long Padding { get; private set; }

    /// <summary>Of those, on streams that either side had reset.</summary>
    public long SentOnReset { get; private set; }

    /// <summary>Why the connection is of no use any more, or null.</summary>
    public string? Complaint { get; private set; }

    /// <summary>As a server: live streams whose requests wait for an answer.</summary>
    public List<WindowStream> Unanswered => _isClient ? [] : Streams(stream => stream is { IsLive: true, Answered: false });

    /// <summary>A client of a connect listener, with the node's SETTINGS.</summary>
    public static async Task<WindowPeer> ConnectAsync(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address).InTime();
        var peer = new WindowPeer(socket, isClient: true);
        await peer._settings.Task.InTime();
        return peer;
    }

    /// <summary>The server's end of an accepted connection, with the node's SETTINGS.</summary>
    public static async Task<WindowPeer> AcceptAsync(Peer connection)
    {
        var peer = new WindowPeer(connection.Socket, isClient: false);
        await peer._settings.Task.InTime();
        return peer;
    }

    /// <summary>The streams that satisfy a condition at this moment, in the order of their ids.</summary>
    public List<WindowStream> Streams(Func<WindowStream, bool> condition)
    {
        lock (_gate)
        {
            return [.. _streams.Values.Where(condition)];
        }
    }

    /// <summary>Forgets a stream of which nothing more is wanted.</summary>
    public void Forget(WindowStream stream)
    {
        lock (_gate)
        {
            _streams.Remove(stream.Id);
        }
    }

    /// <summary>Asks for a tunnel.</summary>
    public WindowStream Open(string authority)
    {
        lock (_gate)
        {
            var stream = new WindowStream(_nextId, _streamWindow);
            _nextId += 2;
            _streams.Add(stream.Id, stream);

            // RFC 7541 §6.2.2: literals with the static table's names, :method and :authority.
            WriteFrame(type: 1, EndHeaders, stream.Id, [2, 7, .. "CONNECT"u8, 1, (byte)authority.Length, .. Encoding.ASCII.GetBytes(authority)]);
            return stream;
        }
    }

    /// <summary>Answers a request: 200, or 503 with END_STREAM.</summary>
    public void Answer(WindowStream stream, bool refuse)
    {
        lock (_gate)
        {
            stream.Answered = true;
            stream.EndSent |= refuse;
            WriteFrame(type: 1, (byte)(EndHeaders | (refuse ? EndStream : 0)), stream.Id, refuse ? [8, 3, .. "503"u8] : [0x88]);
        }
    }

    /// <summary>One DATA frame, as large as the windows allow. Returns its octets; 0 where there was no room, and none was sent.</summary>
    /// <param name="stream">A live one, or one that either side reset: that has no window any more.</param>
    /// <param name="payload">Bytes of payload at most.</param>
    /// <param name="padding">Bytes of padding behind the pad length, or null for a frame without.</param>
    /// <param name="end">With END_STREAM.</param>
    public int SendData(WindowStream stream, int payload, byte? padding, bool end)
    {
        lock (_gate)
        {
            var room = (int)Math.Min(Math.Min(Window, stream.IsLive ? stream.Window : long.MaxValue), MaxFrame);
            var overhead = padding + 1 ?? 0;
            payload = Math.Min(payload, room - overhead);
            if (payload < 0 || payload + overhead == 0)
            {
                return 0;
            }

            var body = new byte[payload + overhead];
            if (padding is { } length)
            {
                body[0] = length;
            }

            SentOnReset += stream.IsLive ? 0 : body.Length;
            Padding += overhead;
            Sent += body.Length;
            Window -= body.Length;
            stream.Window -= body.Length;
            stream.EndSent |= end;
            WriteFrame(type: 0, (byte)((padding is null ? 0 : Padded) | (end ? EndStream : 0)), stream.Id, body);
            return body.Length;
        }
    }

    /// <summary>RST_STREAM(CANCEL).</summary>
    public void Reset(WindowStream stream)
    {
        lock (_gate)
        {
            stream.ResetByUs = true;
            WriteFrame(type: 3, flags: 0, stream.Id, BigEndian(8));
        }
    }

    /// <summary>Completes when the node has processed all that was sent before; fails where the connection ended.</summary>
    public Task PingAsync()
    {
        lock (_gate)
        {
            Assert.True(!_ended, Complaint);
            var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _pings.Add(++_lastPing, answered);
            var opaque = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(opaque, _lastPing);
            WriteFrame(type: 6, flags: 0, stream: 0, opaque);
            return answered.Task.InTime();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[256 * 1024];
        var filled = 0;
        var skip = _isClient ? 0 : Preface;
        while (true)
        {
            int count;
            try
            {
                count = await _socket.ReceiveAsync(buffer.AsMemory(filled));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                count = 0; // The connection is over, however.
            }

            if (count == 0)
            {
                End();
                return;
            }

            filled += count;
            var used = 0;
            lock (_gate)
            {
                if (skip > 0 && filled >= skip)
                {
                    used = skip;
                    skip = 0;
                }

                while (skip == 0 && TryReadFrame(buffer.AsSpan(used, filled - used), out var length))
                {
                    used += length;
                }
            }

            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _ended = true;
            Complaint ??= "the connection ended";
            foreach (var ping in _pings.Values)
            {
                ping.SetException(new InvalidOperationException(Complaint));
            }
        }
    }

    private bool TryReadFrame(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.Length < HeaderSize ? int.MaxValue : HeaderSize + (BinaryPrimitives.ReadInt32BigEndian(bytes) >>> 8);
        if (length > bytes.Length)
        {
            return false;
        }

        var id = BinaryPrimitives.ReadInt32BigEndian(bytes[5..]);
        Receive(bytes[3], bytes[4], id, bytes[HeaderSize..length]);
        return true;
    }

    private void Receive(byte type, byte flags, int id, ReadOnlySpan<byte> payload)
    {
        var stream = _streams.GetValueOrDefault(id);
        switch (type)
        {
            case 0:
                Repay(stream, payload.Length);
                goto case 1;
            case 1:
                if (stream is null && type == 1 && !_isClient)
                {
                    stream = new WindowStream(id, _streamWindow);
                    _streams.Add(id, stream);
                }

                if (stream is not null)
                {
                    stream.Answered |= _isClient;
                    stream.EndReceived |= (flags & EndStream) != 0;
                }

                break;
            case 3 when stream is not null:
                stream.ResetByNode = true;
                break;
            case 4 when (flags & Ack) == 0:
                ReceiveSettings(payload);
                break;
            case 6 when (flags & Ack) != 0:
                _pings.Remove(BinaryPrimitives.ReadInt64BigEndian(payload), out var answered);
                answered?.SetResult();
                break;
            case 6:
                WriteFrame(type: 6, Ack, stream: 0, payload);
                break;
            case 7:
                Complaint ??= $"GOAWAY with code {BinaryPrimitives.ReadInt32BigEndian(payload[4..])}: {Encoding.ASCII.GetString(payload[8..])}";
                break;
            case 8 when id == 0:
                Window += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case 8 when stream is not null:
                stream.Window += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
        }
    }

    private void ReceiveSettings(ReadOnlySpan<byte> entries)
    {
        for (; !entries.IsEmpty; entries = entries[6..])
        {
            if (BinaryPrimitives.ReadInt16BigEndian(entries) == 4)
            {
                _streamWindow = BinaryPrimitives.ReadInt32BigEndian(entries[2..]);
            }
        }

        WriteFrame(type: 4, Ack, stream: 0, []);
        _settings.TrySetResult(); // Before the first stream, so that none has to be changed.
    }

    private void Repay(WindowStream? stream, int length)
    {
        if (length > 0)
        {
            WriteFrame(type: 8, flags: 0, stream: 0, BigEndian(length));
            if (stream is { IsLive: true, EndReceived: false })
            {
                WriteFrame(type: 8, flags: 0, stream.Id, BigEndian(length));
            }
        }
    }

    private void WriteFrame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderSize + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, (payload.Length << 8) | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(HeaderSize));
        Write(frame);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[_socket.Send(bytes)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Complaint ??= "the connection broke"; // The story asks.
        }
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
