using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using Xunit;

namespace ActorTunnel.Http2.Tests.Session;

/// <summary>Two sessions with open streams between them, whose driver allocates nothing.</summary>
internal sealed class SteadyPair : IDisposable
{
    private readonly BufferPool _pool = new();
    private readonly SliceQueue _wire = new(64);

    public SteadyPair(int streams)
    {
        Client = new End(SessionRole.Client, _pool, streams);
        Server = new End(SessionRole.Server, _pool, streams);
        for (var i = 0; i < streams; i++)
        {
            Client.Add(Client.Session.OpenStream([new(":method", "CONNECT"), new(":authority", "a:1")]));
        }

        Pump();
        foreach (var stream in Server.Streams)
        {
            Server.Session.SendHeaders(stream, [new(":status", "200")], endStream: false);
        }

        Pump();
    }

    public End Client { get; }

    public End Server { get; }

    /// <summary>So many bytes are received at a time.</summary>
    public int BytesAtOnce { get; init; } = int.MaxValue;

    /// <summary>Moves bytes until neither has more to say.</summary>
    public void Pump()
    {
        while (Client.Session.HasOutput || Server.Session.HasOutput)
        {
            Move(Client, Server);
            Move(Server, Client);
        }
    }

    public void Dispose()
    {
        Client.Session.Dispose();
        Server.Session.Dispose();
        _wire.Dispose();
        Assert.Equal(_pool.Rented, _pool.Returned);
    }

    private void Move(End from, End to)
    {
        from.Session.TakeOutput(_wire, 100_000);
        from.ReadEvents();
        while (_wire.TryDequeue(BytesAtOnce, out var slice))
        {
            to.Session.Receive(slice);
            to.ReadEvents();
        }
    }

    /// <summary>One of the two: what it sends, and what became of that.</summary>
    internal sealed class End(SessionRole role, BufferPool pool, int streams)
    {
        private readonly List<Http2Stream> _streams = new(streams);

        public Http2Session Session { get; } = new(role, new SessionSettings(), pool);

        public IReadOnlyList<Http2Stream> Streams => _streams;

        /// <summary>Whether payload is used only when <see cref="RepayAll"/> says so.</summary>
        public bool HoldsRepayments { get; set; }

        public int FramesReceived { get; private set; }

        public int PingsAnswered { get; private set; }

        /// <summary>How often a stream that waited may send again.</summary>
        public int Ready { get; private set; }

        /// <summary>How often a window had no room.</summary>
        public int Refused { get; private set; }

        public void Add(Http2Stream stream) => _streams.Add(stream);

        /// <summary>Sends a frame, or nothing and returns false where the window has no room for all of it.</summary>
        public bool Send(int stream, int length)
        {
            if (_streams[stream].SendCapacity < length)
            {
                Refused++;
                return false;
            }

            Session.SendData(_streams[stream], pool.Rent().AsSlice(9, length));
            return true;
        }

        public void RepayAll()
        {
            foreach (var stream in _streams)
            {
                Session.Repay(stream, stream.UnpaidBytes);
            }
        }

        public void ReadEvents()
        {
            while (Session.TryReadEvent(out var e))
            {
                switch (e.Kind)
                {
                    case SessionEventKind.HeadersReceived when role == SessionRole.Server:
                        Add(e.Stream!);
                        break;
                    case SessionEventKind.DataReceived:
                        FramesReceived++;
                        e.Data.Dispose();
                        if (!HoldsRepayments)
                        {
                            Session.Repay(e.Stream!, e.Data.Length);
                        }

                        break;
                    case SessionEventKind.SendReady:
                        Ready++;
                        break;
                    case SessionEventKind.PingAcknowledged:
                        PingsAnswered++;
                        break;
                }
            }
        }
    }
}
