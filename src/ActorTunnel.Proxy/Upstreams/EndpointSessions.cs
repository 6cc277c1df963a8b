using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>A session that takes tunnels, or will when its handshake is done.</summary>
internal sealed class PooledSession
{
    /// <summary>The share of the peer's limit from which on another session is opened, so that there is room while it shakes hands.</summary>
    private const double SoftShare = 0.8;

    public PooledSession(IActorRef actor, EndpointSessions endpoint)
    {
        Actor = actor;
        Endpoint = endpoint;
    }

    public IActorRef Actor { get; }

    public EndpointSessions Endpoint { get; }

    /// <summary>The peer's SETTINGS came.</summary>
    public bool IsReady { get; private set; }

    /// <summary>It takes no new tunnels.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Tunnels given to it whose stream is not closed.</summary>
    public int Tunnels { get; set; }

    /// <summary>Streams that may be open at once.</summary>
    public uint Limit { get; private set; }

    public bool HasRoom => IsReady && !IsRetired && Tunnels < Limit;

    public bool IsBelowSoftLimit => HasRoom && Tunnels < Math.Max(1, Limit * SoftShare);

    public void Ready(uint limit)
    {
        IsReady = true;
        Limit = limit;
    }
}

/// <summary>The sessions to one endpoint, the requests that wait for one, and when it may be dialled again.</summary>
internal sealed class EndpointSessions
{
    private readonly UpstreamSettings _upstream;
    private int _failures;
    private TimeSpan _notBefore;

    public EndpointSessions(ResolvedEndpoint endpoint, UpstreamSettings upstream)
    {
        Endpoint = endpoint;
        _upstream = upstream;
    }

    /// <summary>How to dial it.</summary>
    public ResolvedEndpoint Endpoint { get; set; }

    public EndpointAddress Address => Endpoint.Address;

    /// <summary>All that have not ended, retired ones included.</summary>
    public List<PooledSession> Sessions { get; } = [];

    /// <summary>Requests without a session yet, with the time at which they give up.</summary>
    public LinkedList<(TunnelProtocol.OpenTunnel Request, TimeSpan Deadline)> Waiting { get; } = [];

    /// <summary>Tunnels that are open, being opened or waiting.</summary>
    public int Load => Sessions.Sum(session => session.Tunnels) + Waiting.Count;

    /// <summary>Whether a session is on its way.</summary>
    public bool IsDialing => Sessions.Exists(session => !session.IsReady && !session.IsRetired);

    /// <summary>Whether another session may be opened besides those that take tunnels.</summary>
    public bool MayOpenAnother => Sessions.Count(session => !session.IsRetired) < _upstream.MaxSessionsPerEndpoint;

    /// <summary>Whether it failed, and its time to be dialled again has not come.</summary>
    public bool IsInBackoff(TimeSpan now) => now < _notBefore && !Sessions.Exists(session => session.IsReady && !session.IsRetired);

    /// <summary>How long its backoff lasts.</summary>
    public TimeSpan BackoffLeft(TimeSpan now) => _notBefore > now ? _notBefore - now : TimeSpan.Zero;

    /// <summary>
    /// The session for one more tunnel: the first below its soft limit, so that few sessions are full rather than many half empty; then, where no other may be
    /// opened, the one with the most room.
    /// </summary>
    public PooledSession? Pick(IReadOnlyList<IActorRef> tried)
    {
        var candidates = Sessions.Where(session => session.HasRoom && !tried.Contains(session.Actor));
        return candidates.FirstOrDefault(session => session.IsBelowSoftLimit)
            ?? (MayOpenAnother ? null : candidates.MaxBy(session => session.Limit - session.Tunnels));
    }

    /// <summary>Whether every session that there is, or may be, has refused.</summary>
    public bool HasRefused(IReadOnlyList<IActorRef> tried) =>
        tried.Count > 0
        && !MayOpenAnother
        && Sessions.TrueForAll(session => session.IsRetired || tried.Contains(session.Actor));

    /// <summary>What a person is told of it.</summary>
    public EndpointStatus ToStatus(TimeSpan now, bool isRemoved = false)
    {
        var state = isRemoved ? EndpointState.Removed
            : Sessions.Exists(session => session.IsReady && !session.IsRetired) ? EndpointState.Ready
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

    /// <summary>A session became ready: the endpoint is well.</summary>
    public void Recovered()
    {
        _failures = 0;
        _notBefore = TimeSpan.Zero;
    }

    /// <summary>A session could not be made or was lost. Returns the wait before the next dial: doubled each time, with jitter of ± 20 %.</summary>
    public TimeSpan Failed(TimeSpan now, Random random)
    {
        var factor = Math.Pow(2, Math.Min(_failures, 30));
        _failures++;
        var wait = TimeSpan.FromTicks((long)Math.Min(_upstream.MinBackoff.Ticks * factor, _upstream.MaxBackoff.Ticks));
        wait *= 0.8 + (0.4 * random.NextDouble());
        _notBefore = now + wait;
        return wait;
    }
}
