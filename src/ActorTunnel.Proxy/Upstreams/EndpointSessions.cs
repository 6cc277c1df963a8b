using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>The sessions to one endpoint, the requests that wait for one, and when it may be dialled again.</summary>
internal sealed class EndpointSessions
{
    private readonly UpstreamSettings _upstream;
    private readonly ReportedLoad _reported = new();
    private int _failures;
    private bool _hasFailed;
    private TimeSpan _notBefore;

    public EndpointSessions(ResolvedEndpoint endpoint, UpstreamSettings upstream)
    {
        Endpoint = endpoint;
        _reported.Take(endpoint.Terminator?.Load, own: 0);
        Identity = StableHash.Empty.Add(endpoint.Address.ToString());
        _upstream = upstream;
    }

    /// <summary>How to dial it, and what the mesh says of it.</summary>
    public ResolvedEndpoint Endpoint { get; private set; }

    public EndpointAddress Address => Endpoint.Address;

    /// <summary>The hash of its address.</summary>
    public StableHash Identity { get; }

    /// <summary>All whose actor has not stopped, retired ones included.</summary>
    public List<PooledSession> Sessions { get; } = [];

    /// <summary>Requests without a session yet.</summary>
    public LinkedList<TunnelProtocol.OpenTunnel> Waiting { get; } = [];

    /// <summary>Where the mesh says that it stands, or null.</summary>
    public string? Zone => Endpoint.Terminator?.Zone;

    /// <summary>It takes no new tunnels, as it says in the mesh.</summary>
    public bool IsDraining => Endpoint.Terminator is { IsDraining: true };

    /// <summary>The mesh does not hear it, and no session of ours proves that it is there all the same.</summary>
    public bool IsAbsent => Endpoint.Terminator is { Presence: not TerminatorPresence.Member } && !IsReady;

    /// <summary>The mesh may forget it: a session of ours proves that it is there, and it never said that it drains.</summary>
    public bool OutlivesTheMesh => Endpoint.Terminator is { Presence: TerminatorPresence.Lost, IsDraining: false } && IsReady;

    /// <summary>What it has to do, of ours and as far as it says, in tunnels.</summary>
    public double Load => _reported.Estimate(Tunnels);

    /// <summary>Our tunnels that are open, being opened or waiting.</summary>
    public int Tunnels => Sessions.Where(session => !session.IsOver).Sum(session => session.Tunnels) + Waiting.Count;

    /// <summary>Whether a session takes tunnels, as far as its limit lets it.</summary>
    public bool IsReady => Sessions.Exists(session => session.IsReady && !session.IsRetired);

    /// <summary>Whether a session is on its way.</summary>
    public bool IsDialing => Sessions.Exists(session => !session.IsReady && !session.IsRetired);

    /// <summary>Whether it failed, its time to be dialled again has not come, and there is no session to use meanwhile.</summary>
    public bool IsInBackoff(TimeSpan now) => now < _notBefore && !IsReady;

    /// <summary>Whether its last session failed and there is none to use: it may be up again, and it may hang in the handshake.</summary>
    public bool IsDoubtful => _hasFailed && !IsReady;

    /// <summary>Whether nothing speaks against it.</summary>
    public bool IsWell => !IsDoubtful && !IsAbsent;

    /// <summary>Whether it may be given a tunnel now, at least as a last resort.</summary>
    public bool IsUsable(TimeSpan now) => !IsDraining && !IsInBackoff(now);

    /// <summary>Whether it is to be dialled though nobody waits for it: there shall be a session when a tunnel comes.</summary>
    public bool IsDialedByItself => !IsReady && !IsDialing && !IsDraining && !IsAbsent;

    /// <summary>How long it is not to be dialled.</summary>
    public TimeSpan BackoffLeft(TimeSpan now) => _notBefore > now ? _notBefore - now : TimeSpan.Zero;

    /// <summary>Whether another session is to be opened when those that there are do not suffice.</summary>
    public bool MayGrow(TimeSpan now) => MayOpenAnother && !IsDialing && now >= _notBefore;

    /// <summary>
    /// Whether one more session would serve new tunnels sooner: each that takes any is busy, with bulk or because its event loop is, and there is an event loop that might have time. Two
    /// sessions help in any case: one tunnel of bulk keeps one busy.
    /// </summary>
    /// <param name="now">The moment.</param>
    /// <param name="loops">Event loops of this node.</param>
    public bool IsBusy(TimeSpan now, int loops)
    {
        var taking = Sessions.Where(session => !session.IsRetired).ToList();
        return taking.Count < Math.Max(2, loops) && MayGrow(now) && taking.TrueForAll(session => session.IsBusy);
    }

    /// <summary>
    /// The session for one more tunnel: the first below its soft limit that is not busy, so that few sessions are full rather than many half empty, and bulk is apart from what comes later; where
    /// each is busy, the one with the fewest tunnels; then, where another is on its way or not to be had, the one with the most room.
    /// </summary>
    public PooledSession? Pick(TunnelAttempts attempts, TimeSpan now)
    {
        var candidates = Sessions.Where(session => session.HasRoom && !attempts.Sessions.Contains(session.Actor));
        var below = candidates.Where(session => session.IsBelowSoftLimit);
        return below.FirstOrDefault(session => !session.IsBusy)
            ?? below.MinBy(session => session.Tunnels)
            ?? (MayGrow(now) ? null : candidates.MaxBy(session => session.Limit - session.Tunnels));
    }

    /// <summary>Whether every session that there is, or could be had now, has refused.</summary>
    public bool HasRefused(TunnelAttempts attempts, TimeSpan now) =>
        !attempts.Sessions.IsEmpty
        && !IsDialing
        && !MayGrow(now)
        && Sessions.TrueForAll(session => session.IsRetired || attempts.Sessions.Contains(session.Actor));

    /// <summary>Takes what is said of it now. One that is heard again, or drains no more, is worth a dial whatever its last session met.</summary>
    public EndpointSessions Use(ResolvedEndpoint endpoint)
    {
        var wasAway = IsDraining || IsAbsent;
        Endpoint = endpoint;
        _reported.Take(endpoint.Terminator?.Load, Tunnels);
        _hasFailed &= !wasAway || IsDraining || IsAbsent;
        return this;
    }

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
            Tunnels,
            Waiting.Count,
            IsInBackoff(now) ? BackoffLeft(now) : TimeSpan.Zero)
        {
            Mesh = Endpoint.Terminator is { } terminator
                ? new MeshEndpointStatus(terminator.Zone, terminator.Presence, terminator.IsDraining, terminator.Load)
                : null,
        };
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
        var wait = Backoff.Wait(_upstream.MinBackoff, _upstream.MaxBackoff, _failures, random);
        _failures++;
        _hasFailed = true;
        _notBefore = now + wait;
        return wait;
    }

    /// <summary>Whether a session of this age shows that the endpoint is well.</summary>
    public bool HasLasted(TimeSpan age) => age > _upstream.MaxBackoff;

    private bool MayOpenAnother => Sessions.Count(session => !session.IsRetired) < _upstream.MaxSessionsPerEndpoint;
}
