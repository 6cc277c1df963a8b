using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Listeners;
using ActorTunnel.Proxy.Sessions;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Status;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Akka.Streams;

namespace ActorTunnel.Proxy;

/// <summary>What the actors of a node share and a test may replace.</summary>
/// <param name="Pool">All buffers.</param>
/// <param name="Meters">All counters.</param>
/// <param name="Time">The clock of every timeout.</param>
/// <param name="AccessLog">Called when a tunnel has closed or failed, from any thread; must not block.</param>
/// <param name="SessionLog">Called when a session became ready, from any thread; must not block.</param>
public sealed record ProxyEnvironment(
    BufferPool Pool, ProxyMeters Meters, TimeProvider Time, Action<AccessLogEntry> AccessLog, Action<SessionLogEntry> SessionLog)
{
    /// <summary>Resolves names.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Lookup { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>The terminators of the mesh, for upstreams of that type.</summary>
    public TerminatorDirectory Directory { get; init; } = new();

    /// <summary>For jitter, and where a choice is left to chance; used from any thread.</summary>
    public Random Random { get; init; } = Random.Shared;
}

/// <summary>How a start went.</summary>
public abstract record ProxyStart
{
    /// <summary>Every listener is bound.</summary>
    public sealed record Started(ProxyNode Node) : ProxyStart;

    /// <summary>An address could not be bound; what was bound before has been released.</summary>
    public sealed record BindFailed(string Listener, IPEndPoint Address, SocketError Error) : ProxyStart;
}

/// <summary>How a drain went.</summary>
/// <param name="InTime">All tunnels and connections ended by themselves.</param>
/// <param name="TunnelsReset">Those that were open at the deadline.</param>
public sealed record DrainResult(bool InTime, int TunnelsReset);

/// <summary>A running node: the listeners and upstreams of one configuration in one actor system.</summary>
public sealed class ProxyNode
{
    /// <summary>After the deadline: for resets to go out and sessions to close.</summary>
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(3);

    private readonly NodeContext _node;
    private readonly IActorRef _listeners;
    private readonly IActorRef _upstreams;

    private ProxyNode(
        ActorSystem system, ImmutableDictionary<string, IPEndPoint> bound, NodeContext node, IActorRef listeners, IActorRef upstreams)
    {
        Bound = bound;
        Status = new NodeStatus(system, node, listeners, upstreams);
        _node = node;
        _listeners = listeners;
        _upstreams = upstreams;
    }

    /// <summary>Where each listener is bound, by its name; with the real port where 0 was configured.</summary>
    public ImmutableDictionary<string, IPEndPoint> Bound { get; }

    /// <summary>What the node says about itself.</summary>
    public NodeStatus Status { get; }

    /// <summary>Binds every listener, then starts to accept. The system stays the caller's.</summary>
    public static async Task<ProxyStart> StartAsync(ActorSystem system, NodeSettings settings, ProxyEnvironment environment)
    {
        var sockets = new Dictionary<string, TcpListenSocket>();
        foreach (var listener in settings.Listeners)
        {
            var transparent = listener is TunnelListenerSettings { OriginalDestination: OriginalDestinationMode.Tproxy };
            var error = TcpListenSocket.TryBind(listener.Bind, out var socket, transparent, ListenerActor.OptionsOf(listener));
            if (socket is null)
            {
                foreach (var bound in sockets.Values)
                {
                    bound.Dispose();
                }

                return new ProxyStart.BindFailed(listener.Name, listener.Bind, error);
            }

            sockets.Add(listener.Name, socket);
        }

        var addresses = sockets.ToImmutableDictionary(socket => socket.Key, socket => socket.Value.Address);
        var node = new NodeContext(settings, environment, system.Materializer(), EventLoops.Start(system, settings.EventLoops, settings.EventLoopPolling), [.. addresses.Values]);
        var upstreams = system.ActorOf(
            GroupActor.Props(settings.Upstreams.ToDictionary(upstream => upstream.Name, upstream => PropsOf(upstream, node).WithDispatcher(node.Loops.Common))), "upstreams");
        foreach (var upstream in settings.Upstreams)
        {
            node.Upstreams.Add(
                upstream.Name, await upstreams.Ask<IActorRef>(new GroupActor.GetMember(upstream.Name)).ConfigureAwait(false));
        }

        var listeners = system.ActorOf(
            GroupActor.Props(settings.Listeners.ToDictionary(
                listener => listener.Name, listener => ListenerActor.Props(listener, sockets[listener.Name], node).WithDispatcher(node.Loops.Common))),
            "listeners");
        return new ProxyStart.Started(new ProxyNode(system, addresses, node, listeners, upstreams));
    }

    /// <summary>
    /// A new generation of certificates for a connect listener with TLS: handshakes that begin from now on use it; HTTP/2 sessions of the old one take no new
    /// tunnels and live until their last one ends. Any thread may call this.
    /// </summary>
    public void ReplaceListenerTls(string listener, ServerTlsSettings tls) =>
        _listeners.Tell(new GroupActor.ToMember(listener, new TlsProtocol.ReplaceListenerTls(tls)));

    /// <summary>The same for an upstream with TLS: new tunnels get new sessions.</summary>
    public void ReplaceUpstreamTls(string upstream, ClientTlsSettings tls) =>
        _upstreams.Tell(new GroupActor.ToMember(upstream, new TlsProtocol.ReplaceUpstreamTls(tls)));

    /// <summary>
    /// Says in <see cref="Status"/> that it drains, so that the mesh and load balancers send nothing new, and goes on accepting what comes all the same.
    /// <see cref="DrainAsync"/> follows when they have heard. Any thread may call this.
    /// </summary>
    public void AnnounceDrain() => _node.AnnounceDrain();

    /// <summary>
    /// Stops accepting, sends GOAWAY, waits for tunnels to end, and resets what is left after <paramref name="deadline"/>. Ends when every
    /// connection is closed.
    /// </summary>
    public async Task<DrainResult> DrainAsync(TimeSpan deadline)
    {
        _node.BeginDrain();
        var drained = _listeners.Ask<DrainProtocol.Drained>(DrainProtocol.BeginDrain.Instance, Timeout.InfiniteTimeSpan);
        var inTime = await EndsWithin(drained, deadline).ConfigureAwait(false);
        var left = inTime ? 0 : _node.Tunnels;
        if (!inTime)
        {
            _listeners.Tell(DrainProtocol.AbortTunnels.Instance);
            await EndsWithin(drained, LastMoment).ConfigureAwait(false);
        }

        var closed = _upstreams.Ask<DrainProtocol.Drained>(DrainProtocol.BeginDrain.Instance, Timeout.InfiniteTimeSpan);
        await EndsWithin(closed, LastMoment).ConfigureAwait(false);
        return new DrainResult(inTime, left);
    }

    private async Task<bool> EndsWithin(Task task, TimeSpan time)
    {
        try
        {
            await task.WaitAsync(time, _node.Time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // Not in time: the caller goes on with the next, harder step.
            return false;
        }
    }

    private static Props PropsOf(UpstreamSettings upstream, NodeContext node) => upstream.Protocol switch
    {
        UpstreamProtocol.Http2 => SessionPoolActor.Props(upstream, node),
        UpstreamProtocol.Tcp => OriginUpstreamActor.Props(upstream, node),
        _ => throw new InvalidOperationException($"No upstream speaks {upstream.Protocol}."),
    };
}
