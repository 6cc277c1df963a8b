using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>
/// A client that always has something to send, a server that reads it, and a path with a bandwidth and a round trip between them. What is sent faster than the
/// path takes it waits in a queue in the network. Time passes only in <see cref="Run"/>.
/// </summary>
public sealed class SimulatedLink : IDisposable
{
    private const int StepsOfRoundTrip = 100;
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(0.5);

    private readonly Queue<(TimeSpan Due, Slice Bytes)> _data = new();
    private readonly PriorityQueue<byte[], (TimeSpan Due, long Order)> _replies = new();
    private readonly SliceQueue _output = new();
    private readonly TimeSpan _oneWay;
    private readonly TimeSpan _step;
    private TimeSpan _free;
    private long _order;

    /// <param name="settings">The server's.</param>
    /// <param name="roundTripMilliseconds">Of an empty path.</param>
    /// <param name="bytesPerSecond">From the client to the server; the other way takes no time.</param>
    /// <param name="pingDelay">Milliseconds, <see cref="PingDelay"/> from the start.</param>
    public SimulatedLink(SessionSettings settings, double roundTripMilliseconds, double bytesPerSecond = 125e6, double pingDelay = 0)
    {
        var roundTrip = TimeSpan.FromMilliseconds(roundTripMilliseconds);
        _oneWay = roundTrip / 2;
        _step = roundTrip / StepsOfRoundTrip < LongestStep ? roundTrip / StepsOfRoundTrip : LongestStep;
        BytesPerSecond = bytesPerSecond;
        PingDelay = TimeSpan.FromMilliseconds(pingDelay);
        Settings = settings;
        Client = new Http2Session(SessionRole.Client, new SessionSettings(), Pool);
        Server = new Http2Session(SessionRole.Server, settings, Pool);
        Run(roundTrip * 3);
    }

    public BufferPool Pool { get; } = new();

    public SessionSettings Settings { get; }

    public Http2Session Client { get; }

    public Http2Session Server { get; }

    public TimeSpan Now { get; private set; }

    public double BytesPerSecond { get; set; }

    public List<Tunnel> Tunnels { get; } = [];

    /// <summary>When the server sent each of its PINGs.</summary>
    public List<TimeSpan> Pings { get; } = [];

    /// <summary>So much longer a PING is under way; null: it is lost.</summary>
    public TimeSpan? PingDelay { get; set; }

    /// <summary>Called after each step.</summary>
    public Action? Check { get; set; }

    /// <summary>Opens a tunnel, which sends from the next round trip on.</summary>
    public Tunnel Open()
    {
        var stream = Client.OpenStream([new(":method", "CONNECT"), new(":authority", "host.com:443")]);
        var tunnel = new Tunnel { Sender = stream };
        Tunnels.Add(tunnel);
        Run(_oneWay * 2.5);
        return tunnel;
    }

    /// <summary>A tunnel sends its end.</summary>
    public void End(Tunnel tunnel)
    {
        tunnel.IsSending = false;
        Client.SendEnd(tunnel.Sender);
    }

    /// <summary>Bytes a second that the server's readers took of all tunnels while <paramref name="milliseconds"/> passed.</summary>
    public double Run(double milliseconds)
    {
        var before = Tunnels.Sum(t => t.Read);
        Run(TimeSpan.FromMilliseconds(milliseconds));
        return (Tunnels.Sum(t => t.Read) - before) / milliseconds * 1000;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        while (_data.TryDequeue(out var piece))
        {
            piece.Bytes.Dispose();
        }

        Assert.Equal(Pool.Rented, Pool.Returned);
    }

    private void Run(TimeSpan time)
    {
        for (var end = Now + time; Now < end; Now += _step)
        {
            Client.Advance(Now);
            Server.Advance(Now);
            DeliverData();
            DeliverReplies();
            foreach (var tunnel in Tunnels)
            {
                tunnel.Take(Server, _step);
            }

            SendReplies();
            SendData();
            Check?.Invoke();
        }
    }

    private void SendData()
    {
        bool sent;
        do
        {
            sent = false;
            foreach (var tunnel in Tunnels)
            {
                if (tunnel is { IsSending: true, Sender: { CanSend: true, QueuedBytes: 0, SendCapacity: > 0 and var capacity } sender })
                {
                    var block = Pool.Rent();
                    Client.SendData(sender, block.AsSlice(FrameHeader.Size, Math.Min(capacity, BufferPool.BlockSize - FrameHeader.Size)));
                    sent = true;
                }
            }

            Client.TakeOutput(_output, 128 * 1024);
            while (_output.TryDequeue(out var slice))
            {
                _free = (_free > Now ? _free : Now) + TimeSpan.FromSeconds(slice.Length / BytesPerSecond);
                _data.Enqueue((_free + _oneWay, slice));
            }

            Assert.False(Client.TryReadEvent(out var e) && e.Kind is SessionEventKind.SessionFailed or SessionEventKind.StreamReset, e.Detail);
        }
        while (sent || Client.HasOutput);
    }

    private void DeliverData()
    {
        while (_data.TryPeek(out var piece) && piece.Due <= Now)
        {
            Server.Receive(_data.Dequeue().Bytes);
        }

        while (Server.TryReadEvent(out var e))
        {
            switch (e.Kind)
            {
                case SessionEventKind.HeadersReceived:
                    var tunnel = Tunnels.Single(t => t.Sender.Id == e.StreamId);
                    tunnel.Receiver = e.Stream!;
                    e.Stream!.Owner = tunnel;
                    Server.SendHeaders(e.Stream, [new HeaderField(":status", "200")], endStream: false);
                    break;
                case SessionEventKind.DataReceived:
                    e.Data.Dispose();
                    break;
                case SessionEventKind.SessionFailed or SessionEventKind.StreamReset:
                    Assert.Fail($"{e.Code} {e.Detail}");
                    break;
            }
        }
    }

    private void SendReplies()
    {
        while (Server.HasOutput)
        {
            Server.TakeOutput(_output, int.MaxValue);
            var bytes = new List<byte>();
            while (_output.TryDequeue(out var slice))
            {
                bytes.AddRange(slice.Span);
                slice.Dispose();
            }

            foreach (var frame in WireFrame.ReadAll(bytes.ToArray(), out _))
            {
                var isPing = frame is { FrameType: FrameType.Ping, Ack: false };
                if (isPing)
                {
                    Pings.Add(Now);
                }

                if ((isPing ? PingDelay : TimeSpan.Zero) is { } delay)
                {
                    _replies.Enqueue(frame.ToBytes(), (Now + _oneWay + delay, _order++));
                }
            }
        }
    }

    private void DeliverReplies()
    {
        while (_replies.TryPeek(out _, out var at) && at.Due <= Now)
        {
            Slices.Feed(Client, Pool, _replies.Dequeue());
        }

        while (Client.TryReadEvent(out var e))
        {
            Assert.False(e.Kind is SessionEventKind.SessionFailed or SessionEventKind.StreamReset, e.Detail);
        }
    }

    /// <summary>One stream from the client to the server.</summary>
    public sealed class Tunnel
    {
        private double _credit;

        public required Http2Stream Sender { get; init; }

        public Http2Stream Receiver { get; set; } = null!;

        public bool IsSending { get; set; } = true;

        /// <summary>Bytes a second that the reader takes; null: all at once.</summary>
        public double? ReaderSpeed { get; set; }

        public long Read { get; private set; }

        public int Window => Receiver.ReceiveWindow.Target;

        internal void Take(Http2Session server, TimeSpan step)
        {
            if (Receiver is null)
            {
                return;
            }

            _credit = ReaderSpeed is { } speed ? Math.Min(_credit + (speed * step.TotalSeconds), Math.Max(1, Receiver.UnpaidBytes)) : 0;
            var bytes = ReaderSpeed is null ? Receiver.UnpaidBytes : (int)Math.Min(_credit, Receiver.UnpaidBytes);
            _credit -= ReaderSpeed is null ? 0 : bytes;
            Read += bytes;
            if (bytes > 0)
            {
                server.Repay(Receiver, bytes);
            }
        }
    }
}
