using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using ActorTunnel.Proxy.Upstreams;
using ActorTunnel.Transport.Loops;
using ActorTunnel.Transport.Sockets;
using Akka.Actor;
using Akka.Streams;

namespace ActorTunnel.Proxy;

/// <summary>What every actor of a node reads: settings, shared services, and where the upstreams are.</summary>
internal sealed class NodeContext
{
    private volatile bool _announcesDrain;
    private volatile bool _draining;
    private int _tunnels;

    public NodeContext(
        NodeSettings settings, ProxyEnvironment environment, IMaterializer materializer, EventLoops loops, ImmutableArray<IPEndPoint> listenerAddresses)
    {
        ListenerAddresses = listenerAddresses;
        Settings = settings;
        Environment = environment;
        Materializer = materializer;
        Loops = loops;
        Resolver = new NameResolver(environment.Lookup, settings.Limits.DnsTimeout, environment.Time);
        ProcessDials = new DialSlots("dials-per-process", settings.Limits.DialsPerProcess, settings.Limits.DialWait);
    }

    public NodeSettings Settings { get; }

    public ProxyEnvironment Environment { get; }

    public IMaterializer Materializer { get; }

    /// <summary>Where connections run.</summary>
    public EventLoops Loops { get; }

    public ProxyMeters Meters => Environment.Meters;

    public TimeProvider Time => Environment.Time;

    public NameResolver Resolver { get; }

    public DialSlots ProcessDials { get; }

    /// <summary>Where this node listens, with real ports.</summary>
    public ImmutableArray<IPEndPoint> ListenerAddresses { get; }

    /// <summary>The actors of the upstreams by name; complete before the first listener starts.</summary>
    public Dictionary<string, IActorRef> Upstreams { get; } = [];

    /// <summary>Whether the process takes no new tunnels.</summary>
    public bool IsDraining => _draining;

    /// <summary>Whether it says so: then too where the drain has yet to begin.</summary>
    public bool AnnouncesDrain => _announcesDrain || _draining;

    /// <summary>Whether the buffers lent have reached their limit, so that no new tunnel may start.</summary>
    public bool IsOutOfBuffers => Environment.Pool.OutstandingBytes >= Settings.Limits.Buffers;

    /// <summary>Tunnels that have an actor, from their beginning to their last message.</summary>
    public int Tunnels => Volatile.Read(ref _tunnels);

    public void AnnounceDrain() => _announcesDrain = true;

    public void BeginDrain() => _draining = true;

    public void TunnelBegan() => Interlocked.Increment(ref _tunnels);

    public void TunnelOver() => Interlocked.Decrement(ref _tunnels);
}
