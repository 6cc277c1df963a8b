using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Net;
using ActorTunnel.Http2.Buffers;
using ActorTunnel.Proxy;
using ActorTunnel.Proxy.Routing;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Telemetry;
using Akka.Actor;
using Akka.Configuration;

namespace ActorTunnel.Scenarios.Support;

/// <summary>How the two hops of a story speak to each other.</summary>
public enum Security
{
    Cleartext,
    Tls,
    MutualTls,
}

/// <summary>One node of a story, in an actor system of its own.</summary>
internal sealed class StoryNode : IAsyncDisposable
{
    private readonly Meter _meter = new("story");

    private StoryNode(ActorSystem system, BufferPool pool)
    {
        System = system;
        Pool = pool;
    }

    public ActorSystem System { get; }

    public BufferPool Pool { get; }

    public ConcurrentQueue<AccessLogEntry> AccessLog { get; } = new();

    public ConcurrentQueue<SessionLogEntry> SessionLog { get; } = new();

    public ProxyNode Node { get; private set; } = null!;

    public IPEndPoint AddressOf(string listener) => Node.Bound[listener];

    public static async Task<StoryNode> StartAsync(NodeSettings settings, TimeProvider? time = null)
    {
        var story = new StoryNode(
            ActorSystem.Create(
                settings.Name,
                ConfigurationFactory.ParseString(
                    """
                    akka.loglevel = WARNING
                    akka.stdout-loglevel = OFF
                    akka.log-dead-letters = off
                    akka.loggers = []
                    """)),
            new BufferPool());
        var started = await ProxyNode.StartAsync(
            story.System,
            settings,
            new ProxyEnvironment(
                story.Pool, new ProxyMeters(story._meter), time ?? TimeProvider.System, story.AccessLog.Enqueue, story.SessionLog.Enqueue));
        story.Node = Assert.IsType<ProxyStart.Started>(started).Node;
        return story;
    }

    /// <summary>Stops in order, and asserts that every buffer came back.</summary>
    public async ValueTask DisposeAsync()
    {
        await Node.DrainAsync(TimeSpan.FromMilliseconds(200));
        await System.Terminate();
        await Eventually.TrueAsync(() => Pool.Rented == Pool.Returned, () => $"buffers: {Pool.Rented} rented, {Pool.Returned} returned");
        _meter.Dispose();
    }
}

/// <summary>An encapsulator and a terminator on free ports, in front of an origin.</summary>
internal sealed class Topology : IAsyncDisposable
{
    private Topology(StoryNode encapsulator, StoryNode terminator)
    {
        Encapsulator = encapsulator;
        Terminator = terminator;
    }

    public StoryNode Encapsulator { get; }

    public StoryNode Terminator { get; }

    /// <summary>Where applications connect to.</summary>
    public IPEndPoint Entrance => Encapsulator.AddressOf("tunnel-in");

    public static async Task<Topology> StartAsync(
        IPEndPoint origin,
        Security security = Security.Cleartext,
        Func<TunnelListenerSettings, TunnelListenerSettings>? listener = null,
        Func<UpstreamSettings, UpstreamSettings>? upstream = null,
        Func<ConnectListenerSettings, ConnectListenerSettings>? connect = null)
    {
        var terminator = await StoryNode.StartAsync(TerminatorSettings(origin, security, connect));
        var encapsulator = await StoryNode.StartAsync(
            EncapsulatorSettings([terminator.AddressOf("connect-in")], security, listener, upstream));
        return new Topology(encapsulator, terminator);
    }

    /// <summary>Both roles in one process.</summary>
    public static async Task<Topology> StartMergedAsync(IPEndPoint origin)
    {
        var port = FreePort.Take();
        var connect = TerminatorSettings(origin, Security.Tls, null);
        var tunnel = EncapsulatorSettings([new IPEndPoint(IPAddress.Loopback, port)], Security.Tls, null, null);
        var merged = await StoryNode.StartAsync(new NodeSettings
        {
            Name = "merged",
            Listeners = [tunnel.Listeners[0], connect.Listeners[0] with { Bind = new IPEndPoint(IPAddress.Loopback, port) }],
            Upstreams = [.. tunnel.Upstreams, .. connect.Upstreams],
        });
        return new Topology(merged, merged);
    }

    public static NodeSettings TerminatorSettings(
        IPEndPoint origin, Security security, Func<ConnectListenerSettings, ConnectListenerSettings>? connect, int port = 0)
    {
        var listener = new ConnectListenerSettings
        {
            Name = "connect-in",
            Bind = new IPEndPoint(IPAddress.Loopback, port),
            Routes = [new RouteSettings("*", "origin")],
            Tls = security == Security.Cleartext
                ? null
                : new ServerTlsSettings
                {
                    Certificate = TestCertificates.Shared.Server,
                    ClientCa = security == Security.MutualTls ? TestCertificates.Shared.Ca : null,
                },
        };
        return new NodeSettings
        {
            Name = "terminator",
            Listeners = [connect?.Invoke(listener) ?? listener],
            Upstreams =
            [
                new UpstreamSettings
                {
                    Name = "origin",
                    Endpoints = [new EndpointAddress(origin.Address.ToString(), origin.Port)],
                    ConnectTimeout = TimeSpan.FromSeconds(5),
                },
            ],
        };
    }

    public static NodeSettings EncapsulatorSettings(
        IEnumerable<IPEndPoint> terminators,
        Security security,
        Func<TunnelListenerSettings, TunnelListenerSettings>? listener = null,
        Func<UpstreamSettings, UpstreamSettings>? upstream = null)
    {
        var tunnelIn = new TunnelListenerSettings
        {
            Name = "tunnel-in",
            Bind = new IPEndPoint(IPAddress.Loopback, 0),
            Upstream = "terminators",
            Authority = new Authority("host.com", 443),
        };
        var terminatorsUpstream = new UpstreamSettings
        {
            Name = "terminators",
            Protocol = UpstreamProtocol.Http2,
            Endpoints = [.. terminators.Select(address => new EndpointAddress(address.Address.ToString(), address.Port))],
            ConnectTimeout = TimeSpan.FromSeconds(5),
            Tls = security == Security.Cleartext
                ? null
                : new ClientTlsSettings
                {
                    Ca = TestCertificates.Shared.Ca,
                    VerifyName = "localhost",
                    Certificate = security == Security.MutualTls ? TestCertificates.Shared.Client : null,
                },
        };
        return new NodeSettings
        {
            Name = "encapsulator",
            Listeners = [listener?.Invoke(tunnelIn) ?? tunnelIn],
            Upstreams = [upstream?.Invoke(terminatorsUpstream) ?? terminatorsUpstream],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Encapsulator.DisposeAsync();
        if (Terminator != Encapsulator)
        {
            await Terminator.DisposeAsync();
        }
    }
}
