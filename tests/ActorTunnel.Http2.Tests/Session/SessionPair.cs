using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>
/// A client and a server session with a wire between them that holds bytes back, cuts them anywhere and takes as little as it likes. It
/// knows what was sent on each stream and checks every byte that arrives.
/// </summary>
public sealed class SessionPair : IDisposable
{
    private readonly Random _random;
    private TimeSpan _now;

    /// <param name="random">Decides everything.</param>
    /// <param name="client">The client's settings.</param>
    /// <param name="server">The server's settings.</param>
    /// <param name="polite">
    /// Whether payload is given only up to SendCapacity, and what does not fit waits for SendReady; else it is queued in the session.
    /// </param>
    /// <param name="timed">Whether time passes, and windows grow.</param>
    public SessionPair(Random random, SessionSettings client, SessionSettings server, bool polite, bool timed)
    {
        _random = random;
        IsTimed = timed;
        IsPolite = polite;
        Client = new Side(this, SessionRole.Client, client);
        Server = new Side(this, SessionRole.Server, server);
        Client.Peer = Server;
        Server.Peer = Client;
    }

    public bool IsPolite { get; }

    public bool IsTimed { get; }

    public BufferPool Pool { get; } = new();

    public Side Client { get; }

    public Side Server { get; }

    /// <summary>A random act of either side or of the wire.</summary>
    public void Act()
    {
        if (IsTimed)
        {
            _now += TimeSpan.FromMilliseconds(_random.Next(3));
            Client.Session.Advance(_now);
            Server.Session.Advance(_now);
        }

        var side = _random.Next(2) == 0 ? Client : Server;
        switch (_random.Next(12))
        {
            case 0:
                side.Open();
                break;
            case 1 or 2 or 3:
                side.Send(_random.Next(8) == 0 ? _random.Next(70_000) : _random.Next(3_000));
                break;
            case 4:
                if (_random.Next(4) == 0)
                {
                    side.End();
                }

                break;
            case 5:
                if (_random.Next(8) == 0)
                {
                    side.Reset();
                }

                break;
            case 6 or 7:
                side.TakeOutput(_random.Next(1, 100_000));
                break;
            case 8:
                side.RepaySome();
                break;
            default:
                side.Deliver(_random.Next(4) == 0 ? _random.Next(1, 30) : _random.Next(1, 65_000));
                break;
        }
    }

    /// <summary>Lets everything that is under way arrive and be repaid, until nothing moves.</summary>
    public void Settle()
    {
        bool moved;
        do
        {
            moved = false;
            foreach (var side in new[] { Client, Server })
            {
                side.RepayAll();
                side.TakeOutput(int.MaxValue);
                moved |= side.Deliver(65_000);
            }
        }
        while (moved || !Client.IsQuiet || !Server.IsQuiet);
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        Assert.Equal(Pool.Rented, Pool.Returned);
    }

    private static byte Expected(int stream, SessionRole from, long offset) =>
        (byte)((offset * 31) + (offset >> 8) + (stream * 7) + (from == SessionRole.Client ? 0 : 101));

    /// <summary>What one side knows of a stream.</summary>
    public sealed class Tunnel(Http2Stream stream)
    {
        public Http2Stream Stream { get; } = stream;

        /// <summary>Bytes that wait for SendReady.</summary>
        public int Waiting { get; set; }

        public long Sent { get; set; }

        public long Received { get; set; }

        public bool EndSent { get; set; }

        public bool EndReceived { get; set; }

        public bool WasReset { get; set; }
    }

    /// <summary>One session with the bytes that travel to it.</summary>
    public sealed class Side : IDisposable
    {
        private readonly SessionPair _pair;
        private readonly SessionRole _role;
        private readonly SliceQueue _output = new();
        private readonly List<byte> _incoming = [];

        public Side(SessionPair pair, SessionRole role, SessionSettings settings)
        {
            _pair = pair;
            _role = role;
            Settings = settings;
            Session = new Http2Session(role, settings, pair.Pool);
        }

        public SessionSettings Settings { get; }

        public Http2Session Session { get; }

        public Side Peer { get; set; } = null!;

        public Dictionary<int, Tunnel> Tunnels { get; } = [];

        public bool IsQuiet => _incoming.Count == 0 && !Session.HasOutput;

        public void Open()
        {
            if (Session.CanOpenStream && Session.OpenStreams < 6)
            {
                Add(Session.OpenStream([new(":method", "CONNECT"), new(":authority", $"host-{Tunnels.Count % 9}:443")]));
            }
        }

        public void Send(int length)
        {
            if (Pick(t => t.Stream.CanSend && t.Stream.QueuedBytes + t.Waiting < 100_000) is not { } tunnel)
            {
                return;
            }

            if (_pair.IsPolite)
            {
                tunnel.Waiting += length;
                SendWaiting(tunnel);
            }
            else
            {
                Send(tunnel, Math.Min(length, BufferPool.BlockSize));
            }
        }

        public void End()
        {
            if (Pick(t => t.Stream.CanSend && t.Waiting == 0) is { } tunnel)
            {
                tunnel.EndSent = true;
                Session.SendEnd(tunnel.Stream);
            }
        }

        public void EndAll()
        {
            while (Pick(t => t.Stream.CanSend && t.Waiting == 0) is not null)
            {
                End();
            }
        }

        public void Reset()
        {
            if (Pick(t => t.Stream.State != StreamState.Closed) is { } tunnel)
            {
                tunnel.WasReset = true;
                Session.Reset(tunnel.Stream, ErrorCode.Cancel);
            }
        }

        public void RepaySome()
        {
            if (Pick(t => t.Stream.UnpaidBytes > 0) is { } tunnel)
            {
                Session.Repay(tunnel.Stream, _pair._random.Next(1, tunnel.Stream.UnpaidBytes + 1));
            }
        }

        public void RepayAll()
        {
            foreach (var tunnel in Tunnels.Values)
            {
                Session.Repay(tunnel.Stream, tunnel.Stream.UnpaidBytes);
            }
        }

        public void TakeOutput(int budget)
        {
            Session.TakeOutput(_output, budget);
            while (_output.TryDequeue(out var slice))
            {
                Peer._incoming.AddRange(slice.Span);
                slice.Dispose();
            }

            ReadEvents();
        }

        public bool Deliver(int length)
        {
            length = Math.Min(length, _incoming.Count);
            if (length == 0)
            {
                return false;
            }

            Session.Receive(Slices.From(_pair.Pool, _incoming.GetRange(0, length).ToArray()));
            _incoming.RemoveRange(0, length);
            ReadEvents();
            return true;
        }

        /// <summary>All windows that the two sides see from both ends are the same, and exactly back.</summary>
        public void AssertWindowsAreBack()
        {
            var flow = Session.Flow;
            Assert.Equal(0, flow.Unpaid);
            Assert.Equal(Peer.Session.ConnectionSendWindow.Value, flow.Announced);
            var least = Math.Min(4L * Settings.StreamWindow, Settings.ReceiveBudget);
            Assert.InRange(flow.Target, least, _pair.IsTimed ? Settings.ReceiveBudget : least);
            Assert.True(flow.Target - flow.Announced < Math.Max(1, flow.Target / 4));
            foreach (var tunnel in Tunnels.Values.Where(t => t.Stream.State is StreamState.Open or StreamState.HalfClosedLocal))
            {
                var window = tunnel.Stream.ReceiveWindow;
                Assert.Equal(0, tunnel.Stream.UnpaidBytes);
                Assert.InRange(window.Target, Settings.StreamWindow, _pair.IsTimed ? Math.Max(Settings.StreamWindow, Settings.MaxStreamWindow) : Settings.StreamWindow);
                Assert.Equal(window.Target, window.Announced + window.Unannounced);
                Assert.Equal(Peer.Tunnels[tunnel.Stream.Id].Stream.SendWindow.Value, window.Announced);
            }
        }

        /// <summary>No wake-up was lost: with all windows open, nothing is left to be sent.</summary>
        public void AssertNobodyWaits() =>
            Assert.All(Tunnels.Values, t => Assert.True(!t.Stream.CanSend || t.Waiting + t.Stream.QueuedBytes == 0));

        public void Dispose()
        {
            Session.Dispose();
            _output.Dispose();
        }

        private void SendWaiting(Tunnel tunnel)
        {
            while (tunnel.Waiting > 0 && tunnel.Stream.CanSend && tunnel.Stream.SendCapacity is > 0 and var capacity)
            {
                var length = Math.Min(Math.Min(tunnel.Waiting, capacity), BufferPool.BlockSize);
                tunnel.Waiting -= length;
                Send(tunnel, length);
            }
        }

        private void Send(Tunnel tunnel, int length)
        {
            var block = _pair.Pool.Rent();
            var start = _pair._random.Next(Math.Min(20, BufferPool.BlockSize - length + 1));
            for (var i = 0; i < length; i++)
            {
                block.Array[start + i] = Expected(tunnel.Stream.Id, _role, tunnel.Sent + i);
            }

            tunnel.Sent += length;
            Session.SendData(tunnel.Stream, block.AsSlice(start, length));
        }

        private Tunnel? Pick(Func<Tunnel, bool> where)
        {
            var fitting = Tunnels.Values.Where(where).ToArray();
            return fitting.Length == 0 ? null : fitting[_pair._random.Next(fitting.Length)];
        }

        private void Add(Http2Stream stream)
        {
            var tunnel = new Tunnel(stream);
            stream.Owner = tunnel;
            Tunnels.Add(stream.Id, tunnel);
        }

        private void ReadEvents()
        {
            while (Session.TryReadEvent(out var e))
            {
                switch (e.Kind)
                {
                    case SessionEventKind.HeadersReceived when _role == SessionRole.Server:
                        Add(e.Stream!);
                        Session.SendHeaders(e.Stream!, [new HeaderField(":status", "200")], endStream: false);
                        break;

                    case SessionEventKind.DataReceived:
                        Receive((Tunnel)e.Stream!.Owner!, e);
                        break;

                    case SessionEventKind.StreamReset:
                        Assert.True(e.ByPeer, $"{_role}: {e.Detail}");
                        ((Tunnel)e.Stream!.Owner!).WasReset = true;
                        Peer.Tunnels[e.StreamId].WasReset = true;
                        break;

                    case SessionEventKind.SendReady:
                        Assert.True(e.Stream!.CanSend);
                        Assert.True(e.Stream.SendCapacity > 0);
                        SendWaiting((Tunnel)e.Stream.Owner!);
                        break;

                    case SessionEventKind.SessionFailed or SessionEventKind.StreamRejected:
                        Assert.Fail($"{_role}: {e.Kind} {e.Code} {e.Detail}");
                        break;
                }
            }
        }

        private void Receive(Tunnel tunnel, SessionEvent e)
        {
            using var data = e.Data;
            Assert.False(tunnel.EndReceived, "bytes after the end");
            foreach (var b in data.Span)
            {
                Assert.Equal(Expected(tunnel.Stream.Id, Peer._role, tunnel.Received++), b);
            }

            tunnel.EndReceived = e.EndStream;
            Assert.True(data.Length > 0 || e.EndStream, "an event that says nothing");
        }
    }
}
