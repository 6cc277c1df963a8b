using System.Net.Sockets;

namespace ActorTunnel.Scenarios.Support;

/// <summary>
/// A random history of one session between a node and a <see cref="WindowPeer"/>: padded DATA, payload that nobody reads, resets by the peer and by the TCP side at
/// any moment, DATA on streams that are reset, half-closes, and tunnels that are refused. What is done is drawn from a seed; what it meets depends on the
/// machine.
/// </summary>
/// <param name="peer">Which the story owns.</param>
/// <param name="open">Asks for a tunnel: the peer by a CONNECT, or an application by a connection, which it then returns.</param>
/// <param name="accept">The next connection of the TCP side that the node has made, if there is one.</param>
/// <param name="seed">Of everything that is drawn.</param>
internal sealed class WindowHistory(WindowPeer peer, Func<Random, Task<Peer?>> open, Func<Task<Peer?>> accept, int seed)
{
    private const int MaxLive = 24;
    private const int MaxOver = 64;
    private const int StepsBetweenPings = 16;
    private const int Longer = 16;

    private readonly Random _random = new(seed);
    private readonly List<End> _ends = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>Tunnels that one of the TCP side's resets ended.</summary>
    public int ResetsByTcp { get; private set; }

    /// <summary>Tunnels that the peer reset.</summary>
    public int ResetsByPeer { get; private set; }

    /// <summary>The smallest window of the connection while nothing was under way: the rest is payload that was not read.</summary>
    public long LowestWindow { get; private set; } = long.MaxValue;

    /// <summary>Half-closes, both sides together.</summary>
    public int HalfCloses { get; private set; }

    /// <summary>
    /// Goes on until so many octets of DATA were sent and the window was once no larger than <paramref name="low"/>: how much stays unread depends on the machine. It
    /// ends after <see cref="Longer"/> times the octets in any case. A window that stays closed while readers come and go is a failure.
    /// </summary>
    public async Task RunAsync(long octets, long low)
    {
        var (sent, since) = (0L, TimeProvider.System.GetTimestamp());
        for (var step = 1; peer.Sent < octets || (LowestWindow > low && peer.Sent < Longer * octets); step++)
        {
            if (sent != peer.Sent)
            {
                (sent, since) = (peer.Sent, TimeProvider.System.GetTimestamp());
            }

            Assert.True(
                TimeProvider.System.GetElapsedTime(since) < Eventually.Patience,
                $"seed {seed}: the connection's window stays at {peer.Window} after {sent} octets");
            Assert.True(peer.Complaint is null, $"seed {seed}, after {step} steps and {peer.Sent} octets: {peer.Complaint}");
            await StepAsync();
            await TendAsync();

            // What the node has to say by now is heard before the history goes on, and a history without room waits for nobody else.
            if (step % StepsBetweenPings == 0 || peer.Window < WindowPeer.MaxFrame)
            {
                await peer.PingAsync();
                LowestWindow = Math.Min(LowestWindow, peer.Window);
            }
        }
    }

    /// <summary>Ends every tunnel that is left: each is reset, by one side or the other.</summary>
    public async Task EndAllAsync(StoryNode node)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await TendAsync();
            _ends.ForEach(end => end.Peer.Reset());
            _ends.Clear();
            var live = peer.Streams(stream => stream.IsLive);
            live.ForEach(peer.Reset);
            await peer.PingAsync();
            if (live.Count == 0 && node.Counters.Sum("tunnels.open") == 0 && node.Counters.Sum("dials.open") == 0)
            {
                break;
            }

            Assert.True(
                TimeProvider.System.GetElapsedTime(begun) < Eventually.Patience,
                $"seed {seed}: {live.Count} streams and {node.Counters.Sum("tunnels.open")} tunnels are left");
            await Task.Delay(5);
        }

        await node.SettledAsync();
    }

    private async Task StepAsync()
    {
        // A node need not remember for ever which streams it reset: DATA on one of long ago may be an error of the connection.
        peer.Streams(stream => !stream.IsLive).SkipLast(MaxOver).ToList().ForEach(peer.Forget);
        var live = peer.Streams(stream => stream.IsLive);
        switch (_random.Next(100))
        {
            case < 12 when live.Count < MaxLive:
                if (await open(_random) is { } application)
                {
                    Add(application);
                }

                break;
            case < 16 when Pick(peer.Streams(stream => !stream.IsLive)) is { } over:
                // Behind an END_STREAM of ours DATA would be an error of the connection.
                if (!over.EndSent)
                {
                    Send(over, end: false);
                }

                if (over.EndSent || _random.Next(8) == 0)
                {
                    peer.Forget(over);
                }

                break;
            case < 18 when Pick(live) is { } stream:
                peer.Reset(stream);
                ResetsByPeer++;
                break;
            case < 50 when live.Find(stream => !stream.EndSent) is { } oldest:
                Send(oldest, end: false); // It gets more than kernels take for a reader who stands still.
                break;
            case < 74 when Pick(live.Where(stream => !stream.EndSent)) is { } stream:
                Send(stream, end: _random.Next(25) == 0);
                break;
            case < 88 when Pick(_ends) is { } end:
                Act(end, _random.Next(20));
                break;
        }
    }

    private void Send(WindowStream stream, bool end)
    {
        var payload = _random.Next(4) == 0 ? _random.Next(64) : _random.Next(WindowPeer.MaxFrame);
        var padding = _random.Next(3) == 0 ? (byte)_random.Next(256) : (byte?)null;
        if (peer.SendData(stream, payload, padding, end) > 0 && end)
        {
            HalfCloses++;
        }
    }

    private void Act(End end, int what)
    {
        switch (what)
        {
            case 0:
                end.Peer.Reset();
                _ends.Remove(end);
                ResetsByTcp++;
                break;
            case 1 when !end.FinSent:
                end.FinSent = true;
                HalfCloses++;
                Finish(end.Peer);
                break;
            case < 8:
                end.Reads = !end.Reads;
                break;
            case < 14 when !end.FinSent:
                end.Peer.Socket.Send(_buffer.AsSpan(0, _random.Next(1, 8_192)), SocketFlags.None, out _); // As much as goes; a reset is seen by the reads.
                break;
        }
    }

    /// <summary>What happens by itself: connections come, requests are answered, and who reads, reads.</summary>
    private async Task TendAsync()
    {
        while (await accept() is { } accepted)
        {
            Add(accepted);
        }

        foreach (var asked in peer.Unanswered)
        {
            switch (_random.Next(20))
            {
                case 0:
                    peer.Answer(asked, refuse: true);
                    break;
                case 1:
                    peer.Reset(asked);
                    break;
                case 2:
                    Send(asked, end: false); // Before the response's HEADERS: an error of the stream.
                    break;
                default:
                    peer.Answer(asked, refuse: false);
                    break;
            }
        }

        for (var i = _ends.Count - 1; i >= 0; i--)
        {
            var end = _ends[i];
            if (end.Reads && !TryRead(end.Peer.Socket))
            {
                end.Peer.Dispose();
                _ends.RemoveAt(i);
            }
        }
    }

    /// <summary>False where the connection has ended, or our side of it.</summary>
    private bool TryRead(Socket socket)
    {
        var count = socket.Receive(_buffer, SocketFlags.None, out var error);
        return error == SocketError.WouldBlock || (error == SocketError.Success && count > 0);
    }

    private static void Finish(Peer end)
    {
        try
        {
            end.SendFin();
        }
        catch (SocketException)
        {
            // It was reset meanwhile; the next read sees that.
        }
    }

    private void Add(Peer connection)
    {
        connection.Socket.Blocking = false;
        _ends.Add(new End(connection) { Reads = _random.Next(3) == 0 });
    }

    private T? Pick<T>(IEnumerable<T> from)
        where T : class
    {
        var list = from.ToList();
        return list.Count == 0 ? null : list[_random.Next(list.Count)];
    }

    private sealed class End(Peer peer)
    {
        public Peer Peer => peer;

        public bool Reads { get; set; }

        public bool FinSent { get; set; }
    }
}
