using System.Diagnostics;
using System.Diagnostics.Metrics;
using ActorTunnel.Proxy.Tunnels;

namespace ActorTunnel.Proxy.Telemetry;

/// <summary>Whose sessions are counted: those that a listener accepted, or those that were dialled for an upstream.</summary>
public readonly record struct SessionScope
{
    private SessionScope(string kind, string name)
    {
        Kind = kind;
        Name = name;
    }

    /// <summary>The tag's key: <c>listener</c>, <c>upstream</c> or <c>mesh</c>.</summary>
    public string Kind { get; }

    /// <summary>The configured name.</summary>
    public string Name { get; }

    public static SessionScope OfListener(string name) => new("listener", name);

    public static SessionScope OfUpstream(string name) => new("upstream", name);

    /// <summary>The members' own connections, by the node's name.</summary>
    public static SessionScope OfMesh(string node) => new("mesh", node);
}

/// <summary>How a dial ended.</summary>
public enum DialOutcome
{
    Connected,
    Failed,

    /// <summary>Its tunnel or session went away first.</summary>
    Cancelled,
}

/// <summary>Which way payload bytes went.</summary>
public enum ByteDirection
{
    /// <summary>From the downstream to the upstream, counted when the upstream's side took them.</summary>
    ToUpstream,

    /// <summary>From the upstream to the downstream, counted when the downstream's side took them.</summary>
    ToDownstream,
}

/// <summary>
/// The counters of one process; each event has one method. Tag values are configured names and tokens of this program, never what a peer
/// sent, so the number of series is bounded. Safe for any number of threads; recording allocates nothing.
/// </summary>
public sealed class ProxyMeters
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "ActorTunnel";

    private const string Listener = "listener";
    private const string Upstream = "upstream";

    private readonly Counter<long> _connectionsAccepted;
    private readonly UpDownCounter<long> _connectionsOpen;
    private readonly Counter<long> _sessionsOpened;
    private readonly UpDownCounter<long> _sessionsOpen;
    private readonly Counter<long> _sessionsLost;
    private readonly Counter<long> _sessionsRetired;
    private readonly UpDownCounter<long> _sessionsRetiredOpen;
    private readonly Counter<long> _tunnelsOpened;
    private readonly UpDownCounter<long> _tunnelsOpen;
    private readonly Counter<long> _tunnelsFailed;
    private readonly Histogram<double> _tunnelSetup;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _certificatesReplaced;
    private readonly Counter<long> _certificatesRefused;
    private readonly Counter<long> _limitHits;
    private readonly UpDownCounter<long> _dialsUnderWay;
    private readonly Counter<long> _dials;

    /// <summary>Creates the instruments on the factory's meter named <see cref="MeterName"/>.</summary>
    public ProxyMeters(IMeterFactory factory)
        : this(factory.Create(MeterName))
    {
    }

    /// <summary>Creates the instruments on <paramref name="meter"/>, which stays the caller's.</summary>
    public ProxyMeters(Meter meter)
    {
        _connectionsAccepted = meter.CreateCounter<long>("actortunnel.connections.accepted", "{connection}", "Connections accepted by a listener");
        _connectionsOpen = meter.CreateUpDownCounter<long>("actortunnel.connections.open", "{connection}", "Accepted connections that are open");
        _sessionsOpened = meter.CreateCounter<long>("actortunnel.sessions.opened", "{session}", "Sessions that became ready: HTTP/2 sessions, and HTTP/1.1 clients of a terminator");
        _sessionsOpen = meter.CreateUpDownCounter<long>("actortunnel.sessions.open", "{session}", "Sessions that are open, retired ones included");
        _sessionsLost = meter.CreateCounter<long>("actortunnel.sessions.lost", "{session}", "Sessions that ended other than in order");
        _sessionsRetired = meter.CreateCounter<long>("actortunnel.sessions.retired", "{session}", "HTTP/2 sessions that were retired");
        _sessionsRetiredOpen = meter.CreateUpDownCounter<long>("actortunnel.sessions.retired.open", "{session}", "Retired HTTP/2 sessions that wait for their last tunnel");
        _tunnelsOpened = meter.CreateCounter<long>("actortunnel.tunnels.opened", "{tunnel}", "Tunnels that got their 200");
        _tunnelsOpen = meter.CreateUpDownCounter<long>("actortunnel.tunnels.open", "{tunnel}", "Tunnels that are open");
        _tunnelsFailed = meter.CreateCounter<long>("actortunnel.tunnels.failed", "{tunnel}", "Tunnels that failed before their 200, by reason");
        _tunnelSetup = meter.CreateHistogram<double>("actortunnel.tunnels.setup.duration", "s", "From the accepted connection or the CONNECT to the 200");
        _bytes = meter.CreateCounter<long>("actortunnel.tunnels.bytes", "By", "Payload bytes delivered, by direction");
        _certificatesReplaced = meter.CreateCounter<long>("actortunnel.certificates.replaced", "{change}", "Changed certificate files that were taken into use");
        _certificatesRefused = meter.CreateCounter<long>("actortunnel.certificates.refused", "{change}", "Changed certificate files that cannot be used");
        _limitHits = meter.CreateCounter<long>("actortunnel.limits.hit", "{hit}", "Limits that were met, by name");
        _dials = meter.CreateCounter<long>("actortunnel.dials.ended", "{dial}", "Dials that ended, by outcome");
        _dialsUnderWay = meter.CreateUpDownCounter<long>("actortunnel.dials.open", "{dial}", "Dials under way");
    }

    public void ConnectionAccepted(string listener)
    {
        _connectionsAccepted.Add(1, Tag(Listener, listener));
        _connectionsOpen.Add(1, Tag(Listener, listener));
    }

    public void ConnectionClosed(string listener) => _connectionsOpen.Add(-1, Tag(Listener, listener));

    public void SessionOpened(SessionScope scope)
    {
        _sessionsOpened.Add(1, Tag(scope));
        _sessionsOpen.Add(1, Tag(scope));
    }

    /// <summary>The session takes no new tunnel but is open still; once for a session.</summary>
    public void SessionRetired(SessionScope scope)
    {
        _sessionsRetired.Add(1, Tag(scope));
        _sessionsRetiredOpen.Add(1, Tag(scope));
    }

    /// <summary>The session is over.</summary>
    /// <param name="scope">As at its opening.</param>
    /// <param name="wasRetired">Whether <see cref="SessionRetired"/> was recorded for it.</param>
    /// <param name="lost">It ended other than in order.</param>
    public void SessionEnded(SessionScope scope, bool wasRetired, bool lost)
    {
        _sessionsOpen.Add(-1, Tag(scope));
        if (wasRetired)
        {
            _sessionsRetiredOpen.Add(-1, Tag(scope));
        }

        if (lost)
        {
            _sessionsLost.Add(1, Tag(scope));
        }
    }

    /// <param name="listener">The listener's name.</param>
    /// <param name="upstream">The upstream's name.</param>
    /// <param name="setup">From the accepted connection or the CONNECT to the 200.</param>
    public void TunnelOpened(string listener, string upstream, TimeSpan setup)
    {
        _tunnelsOpened.Add(1, Tag(Listener, listener), Tag(Upstream, upstream));
        _tunnelsOpen.Add(1, Tag(Listener, listener), Tag(Upstream, upstream));
        _tunnelSetup.Record(setup.TotalSeconds, Tag(Listener, listener), Tag(Upstream, upstream));
    }

    public void TunnelClosed(string listener, string upstream) =>
        _tunnelsOpen.Add(-1, Tag(Listener, listener), Tag(Upstream, upstream));

    /// <param name="listener">The listener's name.</param>
    /// <param name="upstream">The upstream's name, or null where no route was found.</param>
    /// <param name="reason">Why.</param>
    public void TunnelFailed(string listener, string? upstream, ConnectFailureReason reason)
    {
        var tags = new TagList { Tag(Listener, listener), Tag("reason", reason.ToToken()) };
        if (upstream is not null)
        {
            tags.Add(Tag(Upstream, upstream));
        }

        _tunnelsFailed.Add(1, tags);
    }

    public void BytesDelivered(string listener, string upstream, ByteDirection direction, long bytes) =>
        _bytes.Add(
            bytes,
            Tag(Listener, listener),
            Tag(Upstream, upstream),
            Tag("direction", direction == ByteDirection.ToUpstream ? "to-upstream" : "to-downstream"));

    /// <param name="scope">Whose certificates.</param>
    public void CertificatesReplaced(SessionScope scope) => _certificatesReplaced.Add(1, Tag(scope));

    /// <inheritdoc cref="CertificatesReplaced"/>
    public void CertificatesRefused(SessionScope scope) => _certificatesRefused.Add(1, Tag(scope));

    /// <param name="limit">The limit's key, or the name of its constant in the same form: lower case with hyphens.</param>
    public void LimitHit(string limit) => _limitHits.Add(1, Tag("limit", limit));

    public void DialStarted(string upstream) => _dialsUnderWay.Add(1, Tag(Upstream, upstream));

    public void DialEnded(string upstream, DialOutcome outcome)
    {
        _dialsUnderWay.Add(-1, Tag(Upstream, upstream));
        _dials.Add(1, Tag(Upstream, upstream), Tag("outcome", Token(outcome)));
    }

    private static string Token(DialOutcome outcome) => outcome switch
    {
        DialOutcome.Connected => "connected",
        DialOutcome.Failed => "failed",
        DialOutcome.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private static KeyValuePair<string, object?> Tag(SessionScope scope) => Tag(scope.Kind, scope.Name);

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
