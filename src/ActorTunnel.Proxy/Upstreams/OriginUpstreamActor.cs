using System.Collections.Immutable;
using System.Net.Sockets;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Tunnels;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;

namespace ActorTunnel.Proxy.Upstreams;

/// <summary>An upstream of plain TCP endpoints: picks one for each tunnel and dials it within the limits.</summary>
internal sealed class OriginUpstreamActor : ReceiveActor
{
    private readonly UpstreamSettings _settings;
    private readonly NodeContext _node;
    private readonly EndpointPicker _picker;
    private readonly Dictionary<EndpointAddress, int> _openTunnels = [];
    private readonly List<(IActorRef Tunnel, OriginProtocol.DialOrigin Dial)> _waiting = [];
    private ImmutableArray<ResolvedEndpoint> _endpoints = [];
    private IActorRef? _dns;

    public OriginUpstreamActor(UpstreamSettings settings, NodeContext node)
    {
        _settings = settings;
        _node = node;
        _picker = EndpointPicker.For(settings.LoadBalancing, node.Environment.Random);
        Receive<OriginProtocol.DialOrigin>(dial => Dial(Sender, dial));
        Receive<OriginProtocol.ReleaseEndpoint>(release => Release(release.Endpoint));
        Receive<DialEnded>(Deliver);
        Receive<DnsEndpointsActor.EndpointsResolved>(resolved =>
        {
            _endpoints = resolved.Endpoints;
            var waiting = _waiting.ToList();
            _waiting.Clear();
            waiting.ForEach(entry => Dial(entry.Tunnel, entry.Dial));
        });
        Receive<DnsEndpointsActor.EndpointsUnknown>(unknown =>
        {
            _waiting.ForEach(entry => entry.Tunnel.Tell(new OriginProtocol.DialFailed(null, unknown.Failure)));
            _waiting.Clear();
        });
        Receive<StatusProtocol.GetUpstreamStatus>(_ => Sender.Tell(UpstreamReport.Of(_settings, _waiting.Count, EndpointStates(), _dns)));
        Receive<StatusProtocol.StatusQuery>(_ => Sender.Tell(StatusProtocol.StatusReply.Nothing));
        Receive<DrainProtocol.BeginDrain>(_ => Sender.Tell(DrainProtocol.Drained.Instance)); // Its tunnels ended with the listeners.
    }

    protected override void PreStart()
    {
        if (_settings.Type == UpstreamType.Static)
        {
            _endpoints = [.. _settings.Endpoints.Select(ResolvedEndpoint.Static)];
        }
        else
        {
            _dns = Context.ActorOf(DnsEndpointsActor.Props(_settings, _node), "dns");
        }
    }

    public static Props Props(UpstreamSettings settings, NodeContext node) =>
        Akka.Actor.Props.Create(() => new OriginUpstreamActor(settings, node));

    private void Dial(IActorRef tunnel, OriginProtocol.DialOrigin dial)
    {
        if (_endpoints.IsEmpty)
        {
            // The first answer decides; it comes within dns-timeout, good or bad.
            _waiting.Add((tunnel, dial));
            _dns!.Tell(DnsEndpointsActor.ResolveNow.Instance);
            return;
        }

        var loads = _endpoints.Select(endpoint => new EndpointLoad(
            IsCandidate: true, _openTunnels.GetValueOrDefault(endpoint.Address), StableHash.Empty.Add(endpoint.Address.ToString()))).ToImmutableArray();
        if (!_picker.TryPick(loads.AsSpan(), dial.Client, out var index))
        {
            throw new InvalidOperationException("There are endpoints, and each is a candidate.");
        }

        var endpoint = _endpoints[index];
        _openTunnels[endpoint.Address] = _openTunnels.GetValueOrDefault(endpoint.Address) + 1;
        DialAsync(endpoint, dial).PipeTo(
            Self,
            success: outcome => new DialEnded(tunnel, endpoint.Address, outcome),
            failure: e => new DialEnded(tunnel, endpoint.Address, new DialOutcomeValue(null, ConnectFailure.Overloaded(e.Message))));
    }

    private void Deliver(DialEnded ended)
    {
        if (ended.Outcome.Connection is { } connection)
        {
            ended.Tunnel.Tell(new OriginProtocol.OriginConnected(ended.Endpoint, connection, _settings.ProxyProtocol));
        }
        else
        {
            Release(ended.Endpoint);
            ended.Tunnel.Tell(new OriginProtocol.DialFailed(ended.Endpoint, ended.Outcome.Failure!));
        }
    }

    private IEnumerable<EndpointStatus> EndpointStates()
    {
        var known = _endpoints.Select(endpoint => StatusOf(
            endpoint, _openTunnels.ContainsKey(endpoint.Address) ? EndpointState.InUse : EndpointState.Idle));
        var removed = _openTunnels.Keys.Except(_endpoints.Select(endpoint => endpoint.Address))
            .Select(address => StatusOf(ResolvedEndpoint.Static(address), EndpointState.Removed));
        return [.. known, .. removed];
    }

    private EndpointStatus StatusOf(ResolvedEndpoint endpoint, EndpointState state) => new(
        endpoint.Address,
        endpoint.Addresses,
        state,
        Sessions: 0,
        RetiredSessions: 0,
        _openTunnels.GetValueOrDefault(endpoint.Address),
        Waiting: 0,
        BackoffLeft: TimeSpan.Zero);

    private void Release(EndpointAddress endpoint)
    {
        if (--_openTunnels[endpoint] == 0)
        {
            _openTunnels.Remove(endpoint); // Names move on, and their old addresses are not kept for ever.
        }
    }

    /// <summary>Each slot is held until the dial has really ended, whatever became of the tunnel.</summary>
    private async Task<DialOutcomeValue> DialAsync(ResolvedEndpoint endpoint, OriginProtocol.DialOrigin dial)
    {
        if (!await dial.SessionDials.EnterAsync().ConfigureAwait(false))
        {
            return Refused(dial.SessionDials);
        }

        try
        {
            if (!await _node.ProcessDials.EnterAsync().ConfigureAwait(false))
            {
                return Refused(_node.ProcessDials);
            }

            try
            {
                return await DialNowAsync(endpoint, dial).ConfigureAwait(false);
            }
            finally
            {
                _node.ProcessDials.Leave();
            }
        }
        finally
        {
            dial.SessionDials.Leave();
        }
    }

    private async Task<DialOutcomeValue> DialNowAsync(ResolvedEndpoint endpoint, OriginProtocol.DialOrigin dial)
    {
        _node.Meters.DialStarted(_settings.Name);
        var dialer = new TcpDialer(dial.Options, _node.Resolver, _settings.ConnectTimeout, _node.Time, _node.Loops);
        var result = await endpoint.DialAsync(dialer, CancellationToken.None).ConfigureAwait(false);
        _node.Meters.DialEnded(_settings.Name, result is DialResult.Connected ? DialOutcome.Connected : DialOutcome.Failed);
        return result switch
        {
            DialResult.Connected connected => new DialOutcomeValue(connected.Connection, null),
            DialResult.Failed failed => new DialOutcomeValue(null, DialFailures.ToFailure(failed)),
            _ => throw new InvalidOperationException($"No outcome for {result.GetType().Name}."),
        };
    }

    private DialOutcomeValue Refused(DialSlots slots)
    {
        _node.Meters.LimitHit(slots.Limit);
        return new DialOutcomeValue(null, ConnectFailure.Overloaded("too many connects are under way"));
    }

    private sealed record DialOutcomeValue(TcpConnection? Connection, ConnectFailure? Failure);

    private sealed record DialEnded(IActorRef Tunnel, EndpointAddress Endpoint, DialOutcomeValue Outcome);
}

/// <summary>What a failed dial means for a tunnel.</summary>
internal static class DialFailures
{
    public static ConnectFailure ToFailure(DialResult.Failed failed) => failed switch
    {
        { Step: DialStep.Resolve, Error: SocketError.TimedOut } => ConnectFailure.DnsTimeout,
        { Step: DialStep.Resolve } => ConnectFailure.NameNotResolved,
        _ => ConnectFailure.FromSocketError(failed.Error),
    };
}
