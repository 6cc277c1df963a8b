using System.Collections.Immutable;
using System.Net.Sockets;
using ActorTunnel.Proxy.Settings;
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
    private readonly int[] _openTunnels;

    public OriginUpstreamActor(UpstreamSettings settings, NodeContext node)
    {
        _settings = settings;
        _node = node;
        _picker = EndpointPicker.For(settings.LoadBalancing);
        _openTunnels = new int[settings.Endpoints.Length];
        Receive<OriginProtocol.DialOrigin>(Dial);
        Receive<OriginProtocol.ReleaseEndpoint>(release => Release(release.Endpoint));
        Receive<DialEnded>(Deliver);
        Receive<DrainProtocol.BeginDrain>(_ => Sender.Tell(DrainProtocol.Drained.Instance)); // Its tunnels ended with the listeners.
    }

    public static Props Props(UpstreamSettings settings, NodeContext node) =>
        Akka.Actor.Props.Create(() => new OriginUpstreamActor(settings, node));

    private void Dial(OriginProtocol.DialOrigin dial)
    {
        var loads = _openTunnels.Select(tunnels => new EndpointLoad(IsEjected: false, tunnels)).ToImmutableArray();
        if (!_picker.TryPick(loads.AsSpan(), out var index))
        {
            Sender.Tell(new OriginProtocol.DialFailed(null, ConnectFailure.NoHealthyEndpoint));
            return;
        }

        _openTunnels[index]++;
        var endpoint = _settings.Endpoints[index];
        var tunnel = Sender;
        DialAsync(endpoint, dial).PipeTo(
            Self,
            success: outcome => new DialEnded(tunnel, endpoint, outcome),
            failure: e => new DialEnded(tunnel, endpoint, new DialOutcomeValue(null, ConnectFailure.Overloaded(e.Message))));
    }

    private void Deliver(DialEnded ended)
    {
        if (ended.Outcome.Connection is { } connection)
        {
            ended.Tunnel.Tell(new OriginProtocol.OriginConnected(ended.Endpoint, connection));
        }
        else
        {
            Release(ended.Endpoint);
            ended.Tunnel.Tell(new OriginProtocol.DialFailed(ended.Endpoint, ended.Outcome.Failure!));
        }
    }

    private void Release(EndpointAddress endpoint) => _openTunnels[_settings.Endpoints.IndexOf(endpoint)]--;

    /// <summary>Each slot is held until the dial has really ended, whatever became of the tunnel.</summary>
    private async Task<DialOutcomeValue> DialAsync(EndpointAddress endpoint, OriginProtocol.DialOrigin dial)
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

    private async Task<DialOutcomeValue> DialNowAsync(EndpointAddress endpoint, OriginProtocol.DialOrigin dial)
    {
        _node.Meters.DialStarted(_settings.Name);
        var dialer = new TcpDialer(dial.Options, _node.Settings.Limits.DnsTimeout, _settings.ConnectTimeout, _node.Time);
        var result = await dialer.DialAsync(endpoint.Host, endpoint.Port, CancellationToken.None).ConfigureAwait(false);
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
