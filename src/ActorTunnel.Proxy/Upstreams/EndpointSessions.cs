using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>The sessions to one endpoint, the requests that wait for one, and when it may be dialled again.</summary>
internal sealed class EndpointSessions
{
    private readonly UpstreamSettings _upstream;
    private int _failures;
    private bool _hasFailed;
    private TimeSpan _notBefore;

    public EndpointSessions(ResolvedEndpoint endpoint, UpstreamSettings upstream)
    {
        Endpoint = endpoint;
        _upstream = upstream;
    }

    /// <summary>How to dial it.</summary>
    public ResolvedEndpoint Endpoint { get; set; }

    public EndpointAddress Address => Endpoint.Address;

    /// <summary>All whose actor has not stopped, retired ones included.</summary>
    public List<PooledSession> Sessions { get; } = [];

    /// <summary>Requests without a session yet.</summary>
    public LinkedList<TunnelProtocol.OpenTunnel> Waiting { get; } = [];

    /// <summary>Tunnels that are open, being opened or waiting.</summary>
    public int Load => Sessions.Where(session => !session.IsOver).Sum(session => session.Tunnels) + Waiting.Count;

    /// <summary>Whether a session takes tunnels, as far as its limit lets it.</summary>
    public bool IsReady => Sessions.Exists(session => session.IsReady && !session.IsRetired);

    /// <summary>Whether a session is on its way.</summary>
    public bool IsDialing => Sessions.Exists(session => !session.IsReady && !session.IsRetired);

    /// <summary>Whether it failed, its time to be dialled again has not come, and there is no session to use meanwhile.</summary>
    public bool IsInBackoff(TimeSpan now) => now < _notBefore && !IsReady;

    /// <summary>Whether its last session failed and there is none to use: it may be up again, and it may hang in the handshake.</summary>
    public bool IsDoubtful => _hasFailed && !IsReady;

    /// <summary>How long it is not to be dialled.</summary>
    public TimeSpan BackoffLeft(TimeSpan now) => _notBefore > now ? _notBefore - now : TimeSpan.Zero;

    /// <summary>Whether another session is to be opened when those that there are do not suffice.</summary>
    public bool MayGrow(TimeSpan now) => MayOpenAnother && !IsDialing && now >= _notBefore;

    /// <summary>
    /// The session for one more tunnel: the first below its soft limit, so that few sessions are full rather than many half empty; then, where another is on its way
    /// or not to be had, the one with the most room.
    /// </summary>
    public PooledSession? Pick(IReadOnlyList<IActorRef> tried, TimeSpan now)
    {
        var candidates = Sessions.Where(session => session.HasRoom && !tried.Contains(session.Actor));
        return candidates.FirstOrDefault(session => session.IsBelowSoftLimit)
            ?? (MayGrow(now) ? null : candidates.MaxBy(session => session.Limit - session.Tunnels));
    }

    /// <summary>Whether a session of it is among those that have refused.</summary>
    public bool IsAmong(IReadOnlyList<IActorRef> tried) => tried.Count > 0 && Sessions.Exists(session => tried.Contains(session.Actor));

    /// <summary>Whether every session that there is, or may be, has refused.</summary>
    public bool HasRefused(IReadOnlyList<IActorRef> tried) =>
        tried.Count > 0
        && !MayOpenAnother
        && Sessions.TrueForAll(session => session.IsRetired || tried.Contains(session.Actor));

    /// <summary>What a person is told of it.</summary>
    public EndpointStatus ToStatus(TimeSpan now, bool isRemoved = false)
    {
        var state = isRemoved ? EndpointState.Removed
            : IsReady ? EndpointState.Ready
            : IsInBackoff(now) ? EndpointState.Backoff
            : IsDialing ? EndpointState.Dialing
            : EndpointState.Idle;
        return new EndpointStatus(
            Address,
            Endpoint.Addresses,
            state,
            Sessions.Count,
            Sessions.Count(session => session.IsRetired),
            Load,
            Waiting.Count,
            IsInBackoff(now) ? BackoffLeft(now) : TimeSpan.Zero);
    }

    /// <summary>A session became ready: another may be dialled at once. What failed before is forgotten only when the session has lasted.</summary>
    public void Recovered()
    {
        _hasFailed = false;
        _notBefore = TimeSpan.Zero;
    }

    /// <summary>
    /// A session could not be made, was lost, or was sent away as soon as it was there. Returns the wait before the next dial: doubled each time, with jitter of ± 20 %; the
    /// first wait again where the session had lasted longer than the longest one.
    /// </summary>
    /// <param name="now">The moment.</param>
    /// <param name="age">How long the session could be used.</param>
    /// <param name="random">Of the jitter.</param>
    public TimeSpan Failed(TimeSpan now, TimeSpan age, Random random)
    {
        _failures = HasLasted(age) ? 0 : _failures;
        var factor = Math.Pow(2, Math.Min(_failures, 30));
        _failures++;
        _hasFailed = true;
        var wait = TimeSpan.FromTicks((long)Math.Min(_upstream.MinBackoff.Ticks * factor, _upstream.MaxBackoff.Ticks));
        wait *= 0.8 + (0.4 * random.NextDouble());
        _notBefore = now + wait;
        return wait;
    }

    /// <summary>Whether a session of this age shows that the endpoint is well.</summary>
    public bool HasLasted(TimeSpan age) => age > _upstream.MaxBackoff;

    private bool MayOpenAnother => Sessions.Count(session => !session.IsRetired) < _upstream.MaxSessionsPerEndpoint;
}
