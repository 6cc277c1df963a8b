using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Session;
using ActorTunnel.Http2.Streams;
using ActorTunnel.Transport.Pipes;

namespace ActorTunnel.Transport.Sessions;

/// <summary>
/// Tunnels whose relay is over, with a clean end on its way out and the other direction broken. RST_STREAM would take the unsent bytes along, so it waits until
/// END_STREAM is out, and then follows it; at the latest after the tunnel's <see cref="TunnelPort.EndDeliveryTimeout"/>. Only the session's stage uses it.
/// </summary>
internal sealed class PendingEnds : IDisposable
{
    private readonly Http2Session _session;
    private readonly IWakeable _stage;
    private readonly TimeProvider _time;
    private readonly List<Pending> _pending = [];
    private ITimer? _timer;

    public PendingEnds(Http2Session session, IWakeable stage, TimeProvider time)
    {
        _session = session;
        _stage = stage;
        _time = time;
    }

    public bool IsEmpty => _pending.Count == 0;

    /// <summary>Whether there is an end to wait for: our direction has a clean one that did not go out yet.</summary>
    public static bool IsOne(Http2TunnelPort port) =>
        port.Send.End == PipeEnd.Clean && port.Stream.State is StreamState.Open or StreamState.HalfClosedRemote;

    /// <summary>Takes the tunnel in, where it is not in yet.</summary>
    /// <param name="port">Of which <see cref="IsOne"/> is true.</param>
    /// <param name="code">Of the reset that follows.</param>
    public void Add(Http2TunnelPort port, ErrorCode code)
    {
        if (_pending.Exists(pending => pending.Port == port))
        {
            return;
        }

        _pending.Add(new Pending(port, code, _time.GetTimestamp()));
        if (_pending.Count == 1)
        {
            Arm();
        }
    }

    /// <summary>Resets those whose end is out, or late; <paramref name="settled"/> is told of each.</summary>
    public void Settle(Action<Http2TunnelPort> settled)
    {
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var (port, code, since) = _pending[i];
            if (!IsOne(port) || _time.GetElapsedTime(since) >= port.EndDeliveryTimeout)
            {
                _pending.RemoveAt(i);
                _session.Reset(port.Stream, code);
                settled(port);
            }
        }

        if (_pending.Count == 0)
        {
            Dispose();
        }
        else
        {
            Arm();
        }
    }

    /// <summary>The session is over, and its streams with it.</summary>
    public void Clear()
    {
        _pending.Clear();
        Dispose();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>For the first that is due.</summary>
    private void Arm()
    {
        var due = _pending.Min(pending => pending.Port.EndDeliveryTimeout - _time.GetElapsedTime(pending.Since));
        due = due > TimeSpan.Zero ? due : TimeSpan.Zero;
        _timer ??= _time.CreateTimer(static state => ((IWakeable)state!).Wake(), _stage, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private readonly record struct Pending(Http2TunnelPort Port, ErrorCode Code, long Since);
}
