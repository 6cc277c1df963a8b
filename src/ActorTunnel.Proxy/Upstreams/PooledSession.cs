using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>A session that takes tunnels, or will when its handshake is done.</summary>
internal sealed class PooledSession
{
    /// <summary>The share of the peer's limit from which on another session is opened, so that there is room while it shakes hands.</summary>
    private const double SoftShare = 0.8;

    private TimeSpan? _readySince;
    private Func<bool>? _isBusy;

    public PooledSession(IActorRef actor, EndpointSessions endpoint)
    {
        Actor = actor;
        Endpoint = endpoint;
    }

    public IActorRef Actor { get; }

    public EndpointSessions Endpoint { get; }

    /// <summary>The peer's SETTINGS came.</summary>
    public bool IsReady => _readySince is not null;

    /// <summary>It takes no new tunnels.</summary>
    public bool IsRetired { get; set; }

    /// <summary>It has ended, and waits only for what its tunnels still deliver.</summary>
    public bool IsOver { get; set; }

    /// <summary>Tunnels given to it whose stream is not closed.</summary>
    public int Tunnels { get; set; }

    /// <summary>Streams that may be open at once.</summary>
    public uint Limit { get; private set; }

    /// <summary>A new tunnel would wait for its turn there.</summary>
    public bool IsBusy => _isBusy is not null && _isBusy();

    public bool HasRoom => IsReady && !IsRetired && Tunnels < Limit;

    public bool IsBelowSoftLimit => HasRoom && Tunnels < Math.Max(1, Limit * SoftShare);

    /// <summary>Told at the first SETTINGS, and when the limit changes.</summary>
    /// <param name="limit">Streams that may be open at once.</param>
    /// <param name="now">The moment.</param>
    /// <param name="isBusy">Asked for <see cref="IsBusy"/>; null: never.</param>
    public void Ready(uint limit, TimeSpan now, Func<bool>? isBusy = null)
    {
        _isBusy = isBusy;
        _readySince ??= now;
        Limit = limit;
    }

    /// <summary>How long it could be used so far.</summary>
    public TimeSpan Age(TimeSpan now) => _readySince is { } since ? now - since : TimeSpan.Zero;
}
