using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Lets a life join a cluster, and hears when it is out of it or a member has quarantined it; <c>/user/life</c>.</summary>
/// <remarks>
/// <code>
/// joining ──let in──▶ member          Akka asks the contacts again and again
///    │ FoundAfter
///    ▼
/// founding ──let in, or by itself──▶ member      Akka asks once more, and founds a cluster where nobody lets it in
/// </code>
/// </remarks>
internal sealed class LifeActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under <c>/user</c>.</summary>
    public const string Name = "life";

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly JoinPlan _plan;

    public LifeActor(JoinPlan plan, Action quarantined, Action leavesCluster)
    {
        _plan = plan;
        Receive<ThisActorSystemQuarantinedEvent>(_ => quarantined());
        Receive<ClusterEvent.MemberExited>(message => IfSelf(message.Member, leavesCluster));
        Receive<ClusterEvent.MemberDowned>(message => IfSelf(message.Member, leavesCluster));
        Receive<ClusterEvent.ClusterShuttingDown>(_ => leavesCluster());
        Receive<Found>(_ => JoinOrFound());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="plan">Whom to ask.</param>
    /// <param name="quarantined">A member will have nothing to do with this system any more; on the actor's thread.</param>
    /// <param name="leavesCluster">The cluster lets it go, or downs it; likewise, perhaps more than once.</param>
    public static Props Props(JoinPlan plan, Action quarantined, Action leavesCluster) =>
        Akka.Actor.Props.Create(() => new LifeActor(plan, quarantined, leavesCluster));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        _cluster.Subscribe(
            Self,
            ClusterEvent.InitialStateAsEvents,
            typeof(ClusterEvent.MemberExited),
            typeof(ClusterEvent.MemberDowned),
            typeof(ClusterEvent.ClusterShuttingDown));
        if (_plan.FoundAfter == TimeSpan.Zero)
        {
            JoinOrFound();
            return;
        }

        _cluster.JoinSeedNodes(Addresses(_plan.Contacts));
        if (_plan.FoundAfter is { } patience)
        {
            Timers.StartSingleTimer(nameof(Found), Found.Instance, patience);
        }
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _cluster.Unsubscribe(Self);
    }

    private void IfSelf(Member member, Action then)
    {
        if (member.UniqueAddress == _cluster.SelfUniqueAddress)
        {
            then();
        }
    }

    private void JoinOrFound()
    {
        if (!_cluster.IsMember())
        {
            // The first of the list is the one that may join itself.
            _cluster.JoinSeedNodes(Addresses(_plan.Contacts).Insert(0, _cluster.SelfAddress));
        }
    }

    private ImmutableList<Address> Addresses(ImmutableArray<EndpointAddress> endpoints) => [.. endpoints.Select(_cluster.SelfAddress.At)];

    private sealed record Found
    {
        public static readonly Found Instance = new();
    }
}
