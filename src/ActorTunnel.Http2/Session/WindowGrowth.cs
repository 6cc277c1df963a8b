using ActorTunnel.Http2.Buffers;
using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Sizes the receive windows by the bandwidth-delay product. A PING of its own goes out while bytes flow; what is delivered until it comes back, brought to
/// the shortest round trip that was ever seen, is the product, of each stream and of the connection. A window becomes twice that.
/// <code>
///            a quarter of a window was used         DATA comes, with a token
///   quiet ─────────within a round trip────▶ wanted ────and not resting───▶ measuring (PING is out)
///     ▲                                       ▲                                │
///     └─PING is back, nothing grew twice: rests┴──PING is back, a window grew──┘
/// </code>
/// The PING goes with DATA that comes in, and not with a WINDOW_UPDATE that goes out: its answer would overtake what the peer sends upon that.
/// <para>
/// The shortest round trip and not the last one: a window larger than the path only fills queues, which makes the round trip longer, which would make the
/// window larger. A peer that answers late, or never, is not measured again until it did, and nothing grows.
/// </para>
/// <para>
/// Only what a stream's reader took counts, and a wider window is announced only with bytes that it took: one whose reader stands still does not grow. One that
/// is used so slowly that a quarter takes more than two round trips is halved, by not repaying, and again. All streams together grow by half of the receive
/// budget at most: whatever stalls behind wide windows, the other half is left to those that have the initial one.
/// </para>
/// </summary>
internal sealed class WindowGrowth
{
    /// <summary>What its PINGs carry: "ATwindow".</summary>
    public const long PingOpaque = 0x4154_7769_6e64_6f77;

    /// <summary>PINGs in a row: enough to come from the least window to the largest. Peers count them as floods from ten a second on.</summary>
    public const int PingBurst = 10;

    /// <summary>PINGs a second that follow.</summary>
    public const double PingsPerSecond = 4;

    /// <summary>Below it the default window is worth 2 Gbit/s and more. What a PING waits for there is processors, not the path.</summary>
    public static readonly TimeSpan ShortPath = TimeSpan.FromMilliseconds(1);

    /// <summary>From the second measurement in a row by which nothing grew to the next one.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    // The first round trips of a process are long for want of compiled code.
    private const int RoundTripsToTrust = 3;

    // A handful of busy streams can use the connection fully, and one alone with the initial window cannot fill the budget.
    private const int WindowsOfConnection = 4;

    private readonly SessionSettings _settings;
    private readonly StreamTable _streams;
    private readonly FrameWriter _writer;
    private readonly BufferPool _pool;
    private readonly TokenBucket _pings = new(PingBurst, PingsPerSecond);
    private TimeSpan? _now;
    private TimeSpan _shortest = TimeSpan.MaxValue;
    private TimeSpan _sent;
    private TimeSpan _restsUntil;
    private TimeSpan _connectionAnnouncedAt;
    private long _delivered;
    private int _roundTrips;
    private bool _isInForce;
    private bool _isMeasuring;
    private bool _isWanted;
    private bool _grewLast;

    public WindowGrowth(SessionSettings settings, StreamTable streams, FrameWriter writer, BufferPool pool)
    {
        _settings = settings;
        _streams = streams;
        _writer = writer;
        _pool = pool;
        ConnectionWindow = ConnectionWindowFor(settings.StreamWindow);
    }

    /// <summary>The connection's whole window in bytes, as far as the budget lets it: four of the widest stream's, or twice its own product. It never shrinks.</summary>
    public int ConnectionWindow { get; private set; }

    /// <summary>What time it is from here on. A session that is never told measures nothing.</summary>
    public void Advance(TimeSpan now) => _now = now;

    /// <summary>
    /// The peer acknowledged our SETTINGS, and streams have the initial window. The first PING goes out now, while the path is empty.
    /// </summary>
    public void Begin()
    {
        _isInForce = true;
        if (_now is { } now)
        {
            Measure(now);
        }
    }

    /// <summary>Payload was delivered.</summary>
    public void Delivered(Http2Stream stream, int length)
    {
        if (_isWanted && !_isMeasuring && _now is { } now && now >= _restsUntil)
        {
            Measure(now);
        }

        stream.MeasuredBytes += length;
        _delivered += length;
    }

    /// <summary>A stream's reader took bytes, which are about to be repaid.</summary>
    public void Taken(Http2Stream stream)
    {
        var window = stream.ReceiveWindow;
        if (window.Goal <= _settings.StreamWindow || _now is not { } now)
        {
            return;
        }

        if (_shortest < ShortPath)
        {
            window.Aim(_settings.StreamWindow);
        }
        else if ((now - stream.PacedAt) / 2 > _shortest)
        {
            window.Aim(Math.Max(window.Goal / 2, _settings.StreamWindow));
            stream.PacedAt = now;
        }
    }

    /// <summary>A WINDOW_UPDATE of a stream was written: its reader took a quarter of the window since the last one.</summary>
    public void StreamAnnounced(Http2Stream stream)
    {
        if (_now is { } now)
        {
            _isWanted |= now - stream.PacedAt <= _shortest;
            stream.PacedAt = now;
        }
    }

    /// <summary>A WINDOW_UPDATE of the connection was written, which many streams may have used where none did much.</summary>
    public void ConnectionAnnounced()
    {
        if (_now is { } now)
        {
            _isWanted |= now - _connectionAnnouncedAt <= _shortest;
            _connectionAnnouncedAt = now;
        }
    }

    /// <summary>A PING came back. True where it was ours.</summary>
    /// <param name="opaque">What it carries.</param>
    /// <param name="unpaid">Bytes that the session holds for its streams' readers.</param>
    public bool Acknowledge(long opaque, long unpaid)
    {
        if (opaque != PingOpaque || !_isMeasuring || _now is not { } now)
        {
            return false;
        }

        var elapsed = now - _sent;
        _isMeasuring = false;
        _shortest = elapsed < _shortest ? elapsed : _shortest;
        _roundTrips++;
        var isTrusted = _roundTrips >= RoundTripsToTrust;
        var grew = isTrusted && _shortest >= ShortPath && _pool.OutstandingBytes < _settings.MaxBuffers && Grow(_shortest / elapsed, unpaid);
        _isWanted = grew || !isTrusted;

        // What a wider window lets through is seen a round trip after it was announced. If it is not, that is worth a second look: it may come late.
        _restsUntil = now + (grew || _grewLast ? _shortest : isTrusted ? Rest : TimeSpan.Zero);
        _grewLast = grew;
        return true;
    }

    private void Measure(TimeSpan now)
    {
        var canGrow = _isInForce && _settings.MaxStreamWindow > _settings.StreamWindow && _shortest >= ShortPath;
        if (!canGrow || !_pings.TryTake(now))
        {
            return;
        }

        _isMeasuring = true;
        _sent = now;
        _delivered = 0;
        foreach (var stream in _streams.Open)
        {
            stream.MeasuredBytes = 0;
        }

        _writer.Write(new PingFrame(PingOpaque, Ack: false));
    }

    private bool Grow(double scale, long unpaid)
    {
        var room = Room(unpaid);
        var grew = false;
        foreach (var stream in _streams.Open)
        {
            var window = stream.ReceiveWindow;
            var taken = Math.Max(stream.MeasuredBytes - stream.UnpaidBytes, 0); // What its reader left lying makes no window wider.
            var size = Math.Min(Twice(taken, scale), Math.Min(_settings.MaxStreamWindow, window.Goal + room));
            if (!stream.CanReceive || size < window.Goal + (window.Goal / 8))
            {
                continue; // Less is within what measurements differ by.
            }

            room -= size - window.Goal;
            window.Aim((int)size);
            ConnectionWindow = Math.Max(ConnectionWindow, ConnectionWindowFor((int)size));
            grew = true;
        }

        var connection = Math.Min(Twice(_delivered, scale), FlowWindow.Max);
        grew |= connection > ConnectionWindow;
        ConnectionWindow = (int)Math.Max(ConnectionWindow, connection);
        return grew;
    }

    /// <summary>Bytes that streams may still grow by: half of the budget, less what they did, and less what those that ended left with their readers.</summary>
    private long Room(long unpaid)
    {
        var room = (_settings.ReceiveBudget / 2) - unpaid;
        foreach (var stream in _streams.Open)
        {
            if (stream.CanReceive)
            {
                room += stream.UnpaidBytes + _settings.StreamWindow - Math.Max(stream.ReceiveWindow.Goal, stream.ReceiveWindow.Target);
            }
        }

        return room;
    }

    private static long Twice(long bytes, double scale) => (long)(2 * bytes * scale);

    private static int ConnectionWindowFor(int streamWindow) => (int)Math.Min((long)streamWindow * WindowsOfConnection, FlowWindow.Max);
}
