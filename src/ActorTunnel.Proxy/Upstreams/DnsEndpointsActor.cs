using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>
/// Resolves the names of an upstream again and again, and tells its parent what the endpoints are now. The last good answer is kept when a look-up
/// fails.
/// <code>
///   Resolving ──answer or failure──▶ Resting ──dns-refresh, or ResolveNow──▶ Resolving
/// </code>
/// </summary>
internal sealed class DnsEndpointsActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly UpstreamSettings _settings;
    private readonly NodeContext _node;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Dictionary<EndpointAddress, NameResult> _lastGood = [];
    private readonly Dictionary<EndpointAddress, LookUp> _lookUps = [];
    private bool _resolving;

    public DnsEndpointsActor(UpstreamSettings settings, NodeContext node)
    {
        _settings = settings;
        _node = node;
        Receive<ResolveNow>(_ => Resolve());
        Receive<Answers>(Take);
        Receive<StatusProtocol.GetUpstreamStatus>(_ => Sender.Tell(StatusProtocol.StatusReply.Of(
            new DnsStatus(_settings.Name, [.. _settings.Endpoints.Select(StatusOf)]))));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(UpstreamSettings settings, NodeContext node) =>
        Akka.Actor.Props.Create(() => new DnsEndpointsActor(settings, node));

    protected override void PreStart() => Resolve();

    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Resolve()
    {
        if (_resolving)
        {
            return; // The answer is on its way.
        }

        _resolving = true;
        ResolveAllAsync(_stopped.Token).PipeTo(Self);
    }

    private async Task<Answers> ResolveAllAsync(CancellationToken cancellation) => new(await Task.WhenAll(
        _settings.Endpoints.Select(endpoint => _node.Resolver.ResolveAsync(endpoint.Host, _settings.DnsFamily, cancellation))).ConfigureAwait(false));

    private void Take(Answers answers)
    {
        _resolving = false;
        Timers.StartSingleTimer(ResolveNow.Instance, ResolveNow.Instance, _settings.DnsRefresh);
        ConnectFailure? failure = null;
        foreach (var (endpoint, result) in _settings.Endpoints.Zip(answers.Results))
        {
            if (result.Error == System.Net.Sockets.SocketError.Success)
            {
                _lastGood[endpoint] = result;
                _lookUps[endpoint] = new LookUp(_node.Time.GetTimestamp(), null);
                continue;
            }

            _lookUps[endpoint] = new LookUp(_lookUps.GetValueOrDefault(endpoint)?.Answered, result.Error.ToString());
            failure = DialFailures.ToFailure(new DialResult.Failed(DialStep.Resolve, result.Error));
            _log.Warning(
                "upstream {0}: {1} does not resolve ({2}){3}",
                _settings.Name,
                endpoint.Host,
                result.Error,
                _lastGood.ContainsKey(endpoint) ? "; the last answer is kept" : "");
        }

        var endpoints = _settings.Endpoints.Where(_lastGood.ContainsKey).SelectMany(EndpointsOf).Distinct(SameAddress.Instance).ToImmutableArray();
        Context.Parent.Tell(endpoints.IsEmpty ? new EndpointsUnknown(failure!) : new EndpointsResolved(endpoints));
    }

    private DnsNameStatus StatusOf(EndpointAddress endpoint)
    {
        var lookUp = _lookUps.GetValueOrDefault(endpoint);
        return new DnsNameStatus(
            endpoint.Host,
            _lastGood.TryGetValue(endpoint, out var good) ? good.Addresses : [],
            lookUp?.Answered is { } answered ? _node.Time.GetElapsedTime(answered) : null,
            lookUp?.Failure);
    }

    private IEnumerable<ResolvedEndpoint> EndpointsOf(EndpointAddress endpoint)
    {
        var addresses = _lastGood[endpoint].Addresses;
        return _settings.Type == UpstreamType.LogicalDns
            ? [new ResolvedEndpoint(new EndpointAddress(addresses[0].ToString(), endpoint.Port), addresses)]
            : addresses.Select(address => new ResolvedEndpoint(new EndpointAddress(address.ToString(), endpoint.Port), [address]));
    }

    /// <summary>To the parent: these are the endpoints now.</summary>
    public sealed record EndpointsResolved(ImmutableArray<ResolvedEndpoint> Endpoints) : INoSerializationVerificationNeeded;

    /// <summary>To the parent: no name has ever had an answer.</summary>
    public sealed record EndpointsUnknown(ConnectFailure Failure) : INoSerializationVerificationNeeded;

    /// <summary>Somebody waits for an answer.</summary>
    public sealed record ResolveNow
    {
        public static readonly ResolveNow Instance = new();
    }

    private sealed record Answers(NameResult[] Results) : INoSerializationVerificationNeeded;

    /// <summary>How the look-ups of a name stand: when the last good answer came, and why the latest one failed.</summary>
    private sealed record LookUp(long? Answered, string? Failure);

    private sealed class SameAddress : IEqualityComparer<ResolvedEndpoint>
    {
        public static readonly SameAddress Instance = new();

        public bool Equals(ResolvedEndpoint? x, ResolvedEndpoint? y) => x?.Address == y?.Address;

        public int GetHashCode(ResolvedEndpoint endpoint) => endpoint.Address.GetHashCode();
    }
}
