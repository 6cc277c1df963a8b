using ActorTunnel.Mesh.Lives;
using ActorTunnel.Mesh.Membership;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Configuration;
using Xunit;
using Xunit.Abstractions;

namespace ActorTunnel.Mesh.Tests.Lives;

/// <summary>What somebody could do who reaches a member's port and is let in there: a member with a defect, or anybody where there is no TLS.</summary>
public sealed class HostilePeerTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly TestMesh _mesh = new(output);
    private readonly ActorSystem _peer = ActorSystem.Create(LifeConfiguration.SystemName, ConfigurationFactory.ParseString(
        """
        akka {
          loggers = []
          stdout-loglevel = OFF
          actor {
            provider = remote
            serializers.islands = "ActorTunnel.Mesh.Lives.IslandsSerializer, ActorTunnel.Mesh"
            serialization-bindings {
              "ActorTunnel.Mesh.Lives.IslandsProtocol+WhichIsland, ActorTunnel.Mesh" = islands
              "ActorTunnel.Mesh.Lives.IslandsProtocol+IslandKnown, ActorTunnel.Mesh" = islands
            }
          }
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, applied-adapters = ["trttl"] }
        }
        """));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _mesh.DisposeAsync();
        await _peer.Terminate();
    }

    [Theory]
    [InlineData("user/" + MeshActor.Name)]
    [InlineData("user/" + IslandsActor.Name)]
    [InlineData("user/" + LifeActor.Name)]
    [InlineData("user")]
    [InlineData("system/cluster/core/daemon")]
    public async Task Nobody_elses_actors_can_be_ended_or_stopped_short(string path)
    {
        var node = await _mesh.StartAsync("node");
        await TestMesh.MeetAsync(Limit, node);
        var victim = await node.System.ActorSelection("/" + path).ResolveOne(Limit);
        var ends = Inbox.Create(node.System);
        ends.Watch(victim);
        var selection = _peer.ActorSelection(new RootActorPath(node.SystemAddress) / path.Split('/'));
        var reference = ((ExtendedActorSystem)_peer).Provider.ResolveActorRef(victim.Path.ToStringWithAddress(node.SystemAddress));

        selection.Tell(PoisonPill.Instance);
        selection.Tell(Kill.Instance);
        reference.Tell(PoisonPill.Instance);
        reference.Tell(Kill.Instance);
        ((IInternalActorRef)reference).Stop();
        ((IInternalActorRef)reference).Restart(new InvalidOperationException("from outside"));
        ((IInternalActorRef)reference).Suspend();
        await AnswersAsync(node);

        await victim.Ask<ActorIdentity>(new Identify("behind them"), Limit);
        await Assert.ThrowsAsync<TimeoutException>(() => ends.ReceiveAsync(TimeSpan.FromSeconds(1)));
        Assert.Same(node.FirstLife, node.Mesh.Life);
    }

    [Fact]
    public async Task A_larger_island_is_believed_only_where_it_answers_a_question()
    {
        var node = await _mesh.StartAsync("node");
        await TestMesh.MeetAsync(Limit, node);
        var islands = _peer.ActorSelection(new RootActorPath(node.SystemAddress) / "user" / IslandsActor.Name);
        var nobody = new SystemId(new EndpointAddress("127.0.0.1", TestMesh.FreePort()), 7);
        var large = new Island(nobody, Terminators: 9, Members: 9);

        // Longer than a doubt needs to become a certainty.
        for (var times = 0; times < 15; times++)
        {
            islands.Tell(new IslandsProtocol.WhichIsland(nobody, large, Question: 1));
            islands.Tell(new IslandsProtocol.IslandKnown(nobody, large, Question: 1));
            await Task.Delay(200);
        }

        await AnswersAsync(node);
        Assert.Same(node.FirstLife, node.Mesh.Life);
    }

    [Fact]
    public async Task No_type_that_a_peer_names_is_made()
    {
        var node = await _mesh.StartAsync("node");
        await TestMesh.MeetAsync(Limit, node);
        var marked = new Marked { Text = "from outside" };
        Marked.Made = 0;

        _peer.ActorSelection(new RootActorPath(node.SystemAddress) / "user" / MeshActor.Name).Tell(marked);
        await AnswersAsync(node);

        Assert.Equal(0, Marked.Made);
    }

    [Fact]
    public async Task No_actor_is_started_for_a_peer()
    {
        var node = await _mesh.StartAsync("node");
        await TestMesh.MeetAsync(Limit, node);

        var deployed = _peer.ActorOf(Props.Create(() => new Guest()).WithDeploy(new Deploy(new RemoteScope(node.SystemAddress))));
        await AnswersAsync(node);

        Assert.Equal(node.SystemAddress, deployed.Path.Address);
        Assert.Equal(0, Guest.Made);
    }

    [Fact]
    public async Task No_exception_that_a_peer_names_is_made()
    {
        var node = await _mesh.StartAsync("node");
        await TestMesh.MeetAsync(Limit, node);
        var failure = new MarkedException();
        MarkedException.Made = 0;

        _peer.ActorSelection(new RootActorPath(node.SystemAddress) / "user" / MeshActor.Name).Tell(new Status.Failure(failure));
        var reference = ((ExtendedActorSystem)_peer).Provider.ResolveActorRef(new RootActorPath(node.SystemAddress) / "user" / MeshActor.Name);
        ((IInternalActorRef)reference).Restart(failure);
        await AnswersAsync(node);

        Assert.Equal(0, MarkedException.Made);
    }

    /// <summary>Messages come in their order, so the answer says that those before it were taken.</summary>
    private async Task AnswersAsync(TestNode node)
    {
        var mesh = await _peer.ActorSelection(new RootActorPath(node.SystemAddress) / "user" / MeshActor.Name).ResolveOne(Limit);
        Assert.Equal(MeshActor.Name, mesh.Path.Name);
    }

    public sealed class Guest : ReceiveActor
    {
        public Guest()
        {
            Made++;
        }

        public static int Made { get; private set; }
    }

    public sealed class MarkedException : Exception
    {
        public MarkedException()
            : base("from outside")
        {
        }

        // As Akka makes it of what came over the wire.
        private MarkedException(System.Runtime.Serialization.SerializationInfo info, System.Runtime.Serialization.StreamingContext context)
            : base(info.GetString("Message"))
        {
            Made++;
        }

        public static int Made { get; set; }
    }

    public sealed class Marked
    {
        private string _text = "";

        public static int Made { get; set; }

        public required string Text
        {
            get => _text;
            set
            {
                _text = value;
                Made++;
            }
        }
    }
}
