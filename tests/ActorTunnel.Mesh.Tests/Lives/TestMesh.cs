using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ActorTunnel.Mesh.Lives;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using Akka.Remote.Transport;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>Nodes of a mesh in this process, over real sockets on loopback, with short times. What they log is the test's output.</summary>
public sealed class TestMesh(ITestOutputHelper output) : IAsyncDisposable
{
    /// <summary>A tenth of what a mesh has, and links that can be cut.</summary>
    public const string Quick =
        """
        akka {
          scheduler.tick-duration = 20ms
          cluster {
            gossip-interval = 200ms
            leader-actions-interval = 200ms
            unreachable-nodes-reaper-interval = 200ms
            periodic-tasks-initial-delay = 200ms
            seed-node-timeout = 1s
            retry-unsuccessful-join-after = 500ms
            failure-detector {
              heartbeat-interval = 300ms
              acceptable-heartbeat-pause = 2s
            }
            split-brain-resolver.stable-after = 1s
          }
          remote {
            retry-gate-closed-for = 300ms
            dot-netty.tcp {
              connection-timeout = 1s
              applied-adapters = ["trttl"]
            }
          }
        }
        """;

    private readonly List<TestNode> _nodes = [];
    private readonly ConcurrentQueue<string> _log = new();
    private volatile bool _over;

    /// <summary>What all nodes logged, in the order of their lines.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Starts a node on a free port.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="seeds">Whom it joins; none: it begins the mesh.</param>
    /// <param name="isTerminator">Whether it takes tunnels.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="tls">Between members.</param>
    /// <param name="hocon">The <c>akka</c> block.</param>
    /// <param name="address">Where it listens; null: the IPv4 loopback.</param>
    public async Task<TestNode> StartAsync(
        string name, IEnumerable<TestNode>? seeds = null, bool isTerminator = true, int port = 0, MeshTls? tls = null, string hocon = Quick, IPAddress? address = null)
    {
        var start = await TryStartAsync(name, [.. (seeds ?? []).Select(seed => seed.Address)], isTerminator, port, tls, hocon, address: address);
        return start is MeshStart.Started { Node: var node } ? Add(name, node) : throw new InvalidOperationException($"{name} did not start: {start}");
    }

    /// <summary>As <see cref="StartAsync"/>, with whatever comes of it; a node that started is the caller's to end.</summary>
    public Task<MeshStart> TryStartAsync(
        string name,
        ImmutableArray<EndpointAddress> seeds,
        bool isTerminator = true,
        int port = 0,
        MeshTls? tls = null,
        string hocon = Quick,
        TerminatorDirectory? directory = null,
        IPAddress? address = null)
    {
        var settings = new MeshSettings
        {
            NodeName = name,
            Bind = new IPEndPoint(address ?? IPAddress.Loopback, port),
            Seeds = seeds,
            Tls = tls,
            MinBackoff = TimeSpan.FromMilliseconds(100),
            MaxBackoff = TimeSpan.FromSeconds(1),
            AkkaHocon = hocon,
        };
        var identity = new MeshIdentity(isTerminator ? new EndpointAddress(name, 15008) : null, IsEncapsulator: !isTerminator, "1.0.0");
        return MeshNode.StartAsync(
            settings,
            identity,
            () => new NodeReport(0, IsDraining: false, Tunnels: 0, Dials: 0, Cpu: 0, ResidentBytes: 0),
            directory ?? new TerminatorDirectory(),
            logging => logging.SetMinimumLevel(LogLevel.Debug).AddFilter("Microsoft", LogLevel.Warning).AddProvider(new OutputLoggerProvider(name, Write)),
            TimeProvider.System,
            CancellationToken.None);
    }

    /// <summary>Takes a node that was started otherwise, to be ended with the test.</summary>
    public TestNode Add(string name, MeshNode node)
    {
        var added = new TestNode(name, node);
        _nodes.Add(added);
        return added;
    }

    /// <summary>Each of <paramref name="nodes"/> sees these as members that are up and heard, and no others.</summary>
    public static Task MeetAsync(TimeSpan limit, params TestNode[] nodes) =>
        UntilAsync(
            limit,
            () => nodes.All(node => node.UpMembers.SetEquals(nodes.Select(other => other.Address))),
            () => string.Join("; ", nodes.Select(node => $"{node.Name} at {node.Address} sees {string.Join(", ", node.UpMembers)}")));

    /// <summary>Waits for <paramref name="condition"/>.</summary>
    /// <exception cref="TimeoutException">It did not come true within <paramref name="limit"/>.</exception>
    public static async Task UntilAsync(TimeSpan limit, Func<bool> condition, Func<string> what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > limit)
            {
                throw new TimeoutException($"Not within {limit}: {what()}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Nothing passes between the two groups any more, either way.</summary>
    public static Task CutAsync(TestNode[] some, TestNode[] others) => ThrottleAsync(some, others, Blackhole.Instance);

    /// <summary>Ends what <see cref="CutAsync"/> did, for the systems that run now.</summary>
    public static Task HealAsync(TestNode[] some, TestNode[] others) => ThrottleAsync(some, others, Unthrottled.Instance);

    /// <summary>A port that nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.Mesh.DisposeAsync().AsTask()));
        _over = true;
    }

    private static async Task ThrottleAsync(TestNode[] some, TestNode[] others, ThrottleMode mode)
    {
        var ways = some.SelectMany(one => others.SelectMany(other => new[] { (Of: one, To: other), (Of: other, To: one) }));
        await Task.WhenAll(ways.Select(async way =>
        {
            // A node may be between two lives, or end one this moment; the next begins with whole links.
            if (way.Of.Mesh.Life is { } life)
            {
                var self = Cluster.Get(life.System).SelfAddress;
                var transport = ((IRemoteActorRefProvider)((ExtendedActorSystem)life.System).Provider).Transport;
                await Task.WhenAny(
                    life.Ended, transport.ManagementCommand(new SetThrottle(self.At(way.To.Address), ThrottleTransportAdapter.Direction.Both, mode)));
            }
        }));
    }

    private void Write(string line)
    {
        _log.Enqueue(line);
        // xunit takes no more once the test is over.
        if (!_over)
        {
            output.WriteLine(line);
        }
    }

    private sealed class OutputLoggerProvider(string name, Action<string> write) : ILoggerProvider, ILogger
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            write($"{_watch.Elapsed.TotalSeconds,7:0.000} {name} {logLevel}: {formatter(state, exception)} {exception?.Message}");

        public void Dispose()
        {
        }
    }
}

/// <summary>One of them.</summary>
public sealed class TestNode(string name, MeshNode mesh)
{
    public string Name => name;

    /// <summary>The one that ran when the test got the node.</summary>
    internal MeshLife? FirstLife { get; } = mesh.Life;

    public MeshNode Mesh => mesh;

    public EndpointAddress Address => mesh.Address;

    /// <summary>Of the life that runs.</summary>
    public ActorSystem System => mesh.Life!.System;

    /// <summary>Of the life that runs.</summary>
    public Address SystemAddress => Cluster.Get(System).SelfAddress;

    /// <summary>Those that are up and heard, as this node sees it; none between two lives.</summary>
    public ImmutableHashSet<EndpointAddress> UpMembers
    {
        get
        {
            if (mesh.Life is not { } life || life.System.WhenTerminated.IsCompleted)
            {
                return [];
            }

            var state = Cluster.Get(life.System).State;
            return [.. state.Members.Except(state.Unreachable).Where(member => member.Status == MemberStatus.Up).Select(member => member.Address.ToEndpoint()!)];
        }
    }
}
