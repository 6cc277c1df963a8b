using ActorTunnel.Http2.Session;

namespace ActorTunnel.Transport.Sessions;

/// <summary>
/// Finds out whether a session's peer is still there. One timer, which is set only when it has fired or when a tunnel has to wait: bytes that come or go leave nothing but a
/// timestamp behind, and whoever is late is found out when the timer fires next. Only the session's stage uses it; the timer wakes the stage.
/// <code>
///   heard of ──ping-interval without a byte──▶ asked (PING) ──the rest of ping-timeout──▶ dead
///      ▲                                         │
///      └────────────────bytes came───────────────┘
/// </code>
/// A new tunnel for a peer that is silent for longer than the interval (PINGs have an answer long before that) makes it asked, and dead in two seconds.
/// </summary>
internal sealed class SessionLiveness : IDisposable
{
    /// <summary>What our PINGs carry: "ATlive" and a zero.</summary>
    public const long PingOpaque = 0x4154_6c69_7665_0000;

    /// <summary>How long a tunnel waits for the first byte of a peer that has been silent: some retransmissions of a PING, and not a person's patience.</summary>
    public static readonly TimeSpan ProbeWait = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A timer that fires so much too late means that the process itself did not run, and bytes may wait unread. Nobody is dead for that.
    /// </summary>
    private static readonly TimeSpan Oversleep = TimeSpan.FromSeconds(2);

    private readonly Http2Session _session;
    private readonly SessionTimeouts _timeouts;
    private readonly IWakeable _stage;
    private readonly TimeProvider _time;
    private ITimer? _timer;
    private long _armed;
    private TimeSpan _armedFor;
    private long _heard;
    private long _asked;
    private bool _isAsked;
    private long _probed;
    private bool _isProbed;
    private long _handed;
    private bool _isTaking;
    private volatile bool _hasFired;

    public SessionLiveness(Http2Session session, SessionTimeouts timeouts, IWakeable stage, TimeProvider time)
    {
        _session = session;
        _timeouts = timeouts;
        _stage = stage;
        _time = time;
    }

    /// <summary>Whether the timer has fired and <see cref="Check"/> is to be called.</summary>
    public bool HasFired => _hasFired;

    /// <summary>The peer's first SETTINGS came.</summary>
    public void Begin()
    {
        if (_timeouts.PingInterval > TimeSpan.Zero || _timeouts.WriteTimeout > TimeSpan.Zero)
        {
            _heard = _time.GetTimestamp();
            _handed = _heard;
            _timer = _time.CreateTimer(
                static state => ((SessionLiveness)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Arm();
        }
    }

    /// <summary>Bytes came.</summary>
    public void Received()
    {
        _isAsked = false;
        _isProbed = false;
        _heard = _time.GetTimestamp();
    }

    /// <summary>Whether a new tunnel is to wait until bytes come: the peer was silent for longer than the interval. It is asked, where it was not yet.</summary>
    public bool MustHearFirst()
    {
        if (_isProbed || _timer is null || _timeouts.PingInterval == TimeSpan.Zero || _time.GetElapsedTime(_heard) <= _timeouts.PingInterval)
        {
            return _isProbed;
        }

        ForgiveSleep();
        _isProbed = true;
        _probed = _time.GetTimestamp();
        if (!_isAsked)
        {
            Ask();
        }

        Arm();
        return true;
    }

    /// <summary>Output was handed to the transport, which has not taken it yet.</summary>
    public void Handed()
    {
        _isTaking = true;
        _handed = _time.GetTimestamp();
    }

    /// <summary>The transport has taken what it was handed.</summary>
    public void Taken() => _isTaking = false;

    /// <summary>After the timer has fired: asks the peer where it is time for that. Returns how the session ended, where it is dead.</summary>
    public SessionEndReason? Check()
    {
        _hasFired = false;
        ForgiveSleep();
        if (_isTaking && _timeouts.WriteTimeout > TimeSpan.Zero && _time.GetElapsedTime(_handed) >= _timeouts.WriteTimeout)
        {
            return SessionEndReason.WriteStalled;
        }

        if (_timeouts.PingInterval > TimeSpan.Zero)
        {
            if ((_isAsked && PatienceLeft <= TimeSpan.Zero) || (_isProbed && ProbeLeft <= TimeSpan.Zero))
            {
                return SessionEndReason.PeerSilent;
            }

            if (!_isAsked && _time.GetElapsedTime(_heard) >= _timeouts.PingInterval)
            {
                Ask();
            }
        }

        Arm();
        return null;
    }

    /// <summary>For the log.</summary>
    public string Describe(SessionEndReason dead) => dead == SessionEndReason.WriteStalled
        ? FormattableString.Invariant($"the connection took no byte for {_timeouts.WriteTimeout.TotalSeconds:0.###} s")
        : FormattableString.Invariant($"nothing came from the peer for {_time.GetElapsedTime(_heard).TotalSeconds:0.###} s, and no answer to a PING");

    /// <inheritdoc />
    public void Dispose() => _timer?.Dispose();

    /// <summary>Until the peer that was asked counts as dead.</summary>
    private TimeSpan PatienceLeft => _timeouts.PingTimeout - _timeouts.PingInterval - _time.GetElapsedTime(_asked);

    /// <summary>Until the peer that a tunnel waits for counts as dead.</summary>
    private TimeSpan ProbeLeft => ProbeWait - _time.GetElapsedTime(_probed);

    /// <summary>Where the timer was not served in time, what was asked and handed over before counts from now.</summary>
    private void ForgiveSleep()
    {
        if (_time.GetElapsedTime(_armed) > _armedFor + Oversleep)
        {
            _isAsked = false;
            _probed = _handed = _time.GetTimestamp();
        }
    }

    private void Ask()
    {
        _isAsked = true;
        _asked = _time.GetTimestamp();
        _session.Ping(PingOpaque);
    }

    /// <summary>For what may be due first, as things stand now. What happens until then can only make it later.</summary>
    private void Arm()
    {
        var due = TimeSpan.MaxValue;
        if (_timeouts.PingInterval > TimeSpan.Zero)
        {
            var answered = _timeouts.PingInterval; // An answer that comes at once makes the next PING due after so long.
            due = !_isAsked ? _timeouts.PingInterval - _time.GetElapsedTime(_heard) : PatienceLeft < answered ? PatienceLeft : answered;
            due = _isProbed && ProbeLeft < due ? ProbeLeft : due;
        }

        if (_timeouts.WriteTimeout > TimeSpan.Zero)
        {
            var stalled = _isTaking ? _timeouts.WriteTimeout - _time.GetElapsedTime(_handed) : _timeouts.WriteTimeout;
            due = due < stalled ? due : stalled;
        }

        _armed = _time.GetTimestamp();
        _armedFor = due > TimeSpan.Zero ? due : TimeSpan.Zero;
        _timer!.Change(_armedFor, Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        _hasFired = true;
        _stage.Wake();
    }
}
