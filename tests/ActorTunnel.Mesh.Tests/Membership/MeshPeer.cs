using System.Collections.Immutable;
using System.Net;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>A node's actor system with its <see cref="MeshActor"/>, in this process; what a life's owner adds to it is left out.</summary>
internal sealed class MeshPeer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly MeshIdentity _identity;
    private readonly MeshSettings _settings;
    private readonly Props? _inItsPlace;
    private readonly int _membersToBegin;
    private volatile NodeReport _report = new(0, IsDraining: false, Tunnels: 0, Dials: 0, Cpu: 0, ResidentBytes: 1);

    private MeshPeer(string name, int? tunnelPort, bool isEncapsulator, Props? inItsPlace = null, int membersToBegin = 1)
    {
        _membersToBegin = membersToBegin;
        _inItsPlace = inItsPlace;
        _identity = new MeshIdentity(tunnelPort is { } port ? Mesh.Tunnel(port) : null, isEncapsulator, "1.0.0");
        _settings = new MeshSettings { NodeName = name, Bind = new IPEndPoint(IPAddress.Loopback, 0) };
        Memory = new MeshMemory(Directory);
        Begin(1);
    }

    public TerminatorDirectory Directory { get; } = new();

    public MeshMemory Memory { get; }

    public ActorSystem System { get; private set; } = null!;

    public IActorRef Actor { get; private set; } = null!;

    public Address Address => Cluster.Get(System).SelfAddress;

    /// <summary>What it says of itself when asked.</summary>
    public NodeReport Report
    {
        set => _report = value;
    }

    public static MeshPeer Seed() => new("seed", null, isEncapsulator: false);

    /// <param name="tunnelPort">Where it takes tunnels.</param>
    /// <param name="membersToBegin">All who are told so become members in the same moment, once there are so many: any of them may be the leader.</param>
    public static MeshPeer Worker(int tunnelPort, int membersToBegin = 1) => new($"worker-{tunnelPort}", tunnelPort, isEncapsulator: false, membersToBegin: membersToBegin);

    /// <inheritdoc cref="Worker"/>
    public static MeshPeer Edge(string name = "edge", int membersToBegin = 1) => new(name, null, isEncapsulator: true, membersToBegin: membersToBegin);

    /// <summary>An encapsulator with something else in the place of its <see cref="MeshActor"/>.</summary>
    public static MeshPeer Listener(int announcementsBefore) =>
        new("listener", null, isEncapsulator: true, ListenerActor.Props(announcementsBefore));

    /// <summary>All of them become members of a mesh that the first one founds.</summary>
    public static async Task JoinAsync(params ImmutableArray<MeshPeer> peers)
    {
        foreach (var peer in peers)
        {
            await Cluster.Get(peer.System).JoinAsync(peers[0].Address).WaitAsync(Limit);
        }

        foreach (var peer in peers.Where(peer => peer._inItsPlace is null))
        {
            await peer.SeesAsync(view => view.Members.Count(member => member.State == MeshMemberState.Up) >= peers.Length);
        }
    }

    /// <summary>Another life with the same memory.</summary>
    public void Begin(int life)
    {
        var roles = string.Join(", ", MemberRoles.Of(_settings, _identity).Format().Select(role => $"\"{role}\""));
        System = ActorSystem.Create("mesh-test", ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = WARNING
              stdout-loglevel = OFF
              loggers = []
              log-dead-letters = off
              actor.provider = cluster
              coordinated-shutdown.run-by-actor-system-terminate = off
              coordinated-shutdown.terminate-actor-system = off
              coordinated-shutdown.run-by-clr-shutdown-hook = off
              remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
              cluster {
                roles = [{{roles}}]
                min-nr-of-members = {{_membersToBegin}}
                allow-weakly-up-members = off
                gossip-interval = 100ms
                leader-actions-interval = 100ms
                unreachable-nodes-reaper-interval = 100ms
                failure-detector { heartbeat-interval = 200ms, acceptable-heartbeat-pause = 3s }
              }
            }
            """).WithFallback(ConfigurationFactory.ParseString(MeshSerializer.Hocon)));
        var context = new MeshLifeContext(_settings, _identity, () => _report, Memory, TimeProvider.System, life);
        Actor = System.ActorOf(_inItsPlace ?? MeshActor.Props(context), MeshActor.Name);
    }

    public Task<MeshView> GetViewAsync(TimeSpan deadline) => Actor.Ask<MeshView>(new MeshProtocol.GetView(deadline), Limit);

    public Task AnnounceDrainAsync() => Actor.Ask<MeshProtocol.DrainAnnounced>(MeshProtocol.AnnounceDrain.Instance, Limit);

    /// <summary>Waits until the snapshot of the data plane is like that, and returns it.</summary>
    public async Task<TerminatorSnapshot> SeesTerminatorsAsync(Predicate<TerminatorSnapshot> isSo)
    {
        var seen = new TaskCompletionSource<TerminatorSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        Directory.Replaced += Look;
        try
        {
            Look();
            return await seen.Task.WaitAsync(Limit);
        }
        finally
        {
            Directory.Replaced -= Look;
        }

        void Look()
        {
            if (Directory.Current is var current && isSo(current))
            {
                seen.TrySetResult(current);
            }
        }
    }

    /// <summary>Waits until the view is like that, and returns it. There is no event for a view, so it looks again and again.</summary>
    public async Task<MeshView> SeesAsync(Predicate<MeshView> isSo)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!isSo(Memory.View))
        {
            await Task.Delay(20, limit.Token);
        }

        return Memory.View;
    }

    /// <summary>Ends at once, without a word to the others.</summary>
    public Task KillAsync() => System.Terminate().WaitAsync(Limit);

    public async ValueTask DisposeAsync() => await KillAsync();
}
