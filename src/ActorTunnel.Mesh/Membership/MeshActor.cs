using System.Collections.Immutable;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace ActorTunnel.Mesh.Membership;

/// <summary>
/// A life's knowledge of the members, and what it tells them of this node; <c>/user/mesh</c>.
/// <code>
///   Outside ──this node is WeaklyUp or Up──▶ Entering ──the whole state came──▶ Member ──it is down or removed, or the cluster shuts down──▶ Over
///      └─────────────────────────────────────────┴──────────────────────────────────────────────────────────────────────────────────────────▲
/// </code>
/// Only as a member it publishes what it knows; before and behind that the last knowledge stays. Akka tells of members one by one, also of those that became members in the
/// same moment: what it tells of this node first is not yet all there are.
/// </summary>
internal sealed class MeshActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under <c>/user</c>, the same on each node.</summary>
    public const string Name = "mesh";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(1500);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly UnreadableLog _unreadable = new(Context.GetLogger());
    private readonly MeshLifeContext _life;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly MeshPeers _peers;
    private readonly MemberTable _table;
    private readonly IActorRef _reporter;
    private readonly List<AwaitedView> _views = [];
    private bool _isEntering;
    private bool _isMember;

    public MeshActor(MeshLifeContext life)
    {
        _life = life;
        _peers = new MeshPeers(_cluster);
        _table = new MemberTable(_peers.Self, life.Memory.BeginLife(life.Life));
        _reporter = Context.ActorOf(ReporterActor.Props(life, _peers), "reporter");

        Receive<ClusterEvent.CurrentClusterState>(Take);
        Receive<ClusterEvent.MemberRemoved>(removed => Take(removed));
        Receive<ClusterEvent.IMemberEvent>(changed => Take(changed.Member));
        Receive<ClusterEvent.ReachabilityEvent>(changed => Take(changed));
        Receive<ClusterEvent.ClusterShuttingDown>(_ => End());
        Receive<ReportsWanted>(wanted => FromMember(member => _reporter.Tell(new ReporterActor.ReportAsked(member.Id, wanted.Lease))));
        Receive<NodeReported>(Hear);
        Receive<DrainKnown>(_ => FromMember(member => _reporter.Tell(new ReporterActor.DrainAcknowledged(member.Id))));
        Receive<UnreadableMessage>(message => _unreadable.Tell(message, Sender));
        Receive<MeshProtocol.GetView>(Show);
        Receive<MeshProtocol.AnnounceDrain>(announce => _reporter.Forward(announce));
        Receive<AskDue>(_ => AskTerminators(_table.Members));
        Receive<LookDue>(_ => Look());
        Receive<ViewDue>(due => Answer(view => view == due.View));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(MeshLifeContext life) => Akka.Actor.Props.Create(() => new MeshActor(life));

    private TimeSpan Now => _life.Time.GetElapsedTime(0);

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent),
            typeof(ClusterEvent.IReachabilityEvent),
            typeof(ClusterEvent.ClusterShuttingDown));
        Timers.StartPeriodicTimer(LookDue.Instance, LookDue.Instance, LookEvery);
        if (_life.Identity.IsEncapsulator)
        {
            Timers.StartPeriodicTimer(AskDue.Instance, AskDue.Instance, AskEvery);
        }
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Forsake();
    }

    private void Take(ClusterEvent.CurrentClusterState state)
    {
        foreach (var member in state.Members.Order(Member.AgeOrdering))
        {
            Set(member);
            _table.SetReachable(MeshPeers.IdOf(member.UniqueAddress), !state.Unreachable.Contains(member));
        }

        _isMember |= _table.IsJoined;
        AskTerminators(_table.Members);
        Settle();
    }

    private void Take(Member member)
    {
        Set(member);
        if (_table.IsJoined && !_isEntering)
        {
            _isEntering = true;
            _cluster.SendCurrentClusterState(Self);
        }

        var id = MeshPeers.IdOf(member.UniqueAddress);
        if (id == _peers.Self && member.Status == MemberStatus.Down)
        {
            End();
            return;
        }

        // Once this node is Up each of them knows it, and does not take it for a stranger any more.
        AskTerminators(_table.Members.Where(known => id == _peers.Self || known.Id == id));
        Settle();
    }

    private void Take(ClusterEvent.MemberRemoved removed)
    {
        var id = MeshPeers.IdOf(removed.Member.UniqueAddress);
        if (id == _peers.Self)
        {
            End();
            return;
        }

        if (removed.PreviousStatus == MemberStatus.Down)
        {
            _log.Warning("{0} is no member any more", NameOf(removed.Member));
        }

        _table.Remove(id, Now);
        Settle();
    }

    private void Take(ClusterEvent.ReachabilityEvent changed)
    {
        var id = MeshPeers.IdOf(changed.Member.UniqueAddress);
        var isReachable = changed is ClusterEvent.ReachableMember;
        if (isReachable)
        {
            _log.Info("{0} is heard again", NameOf(changed.Member));
        }
        else if (_table.Find(id.Address, id.Incarnation) is not { IsDraining: true })
        {
            _log.Warning("{0} is not heard any more", NameOf(changed.Member)); // Of one that drains it is the end that was announced.
        }

        _table.SetReachable(id, isReachable);
        Settle();
    }

    private static string NameOf(Member member)
    {
        var address = MeshPeers.IdOf(member.UniqueAddress).Address;
        return MemberRoles.Parse(member.Roles).Name is { } name ? $"{name} at {address}" : address.ToString();
    }

    private void Set(Member member) =>
        _table.Set(MeshPeers.IdOf(member.UniqueAddress), MemberRoles.Parse(member.Roles), StateOf(member.Status), Now);

    private static MeshMemberState StateOf(MemberStatus status) => status switch
    {
        MemberStatus.Joining => MeshMemberState.Joining,
        MemberStatus.WeaklyUp => MeshMemberState.WeaklyUp,
        MemberStatus.Up => MeshMemberState.Up,
        MemberStatus.Leaving => MeshMemberState.Leaving,
        MemberStatus.Exiting => MeshMemberState.Exiting,
        _ => MeshMemberState.Down,
    };

    private void Hear(NodeReported said)
    {
        var from = _peers.AddressOf(Sender);
        if (_table.Hear(from, said, Now))
        {
            Publish();
        }

        if (said.WantsAcknowledgement && _table.Find(from, said.Incarnation) is { IsDraining: true })
        {
            _peers.Tell(from, DrainKnown.Instance, Self);
        }
    }

    private void FromMember(Action<KnownMember> use)
    {
        if (_table.Find(_peers.AddressOf(Sender)) is { } member)
        {
            use(member);
        }
    }

    private void AskTerminators(IEnumerable<KnownMember> members)
    {
        if (!_life.Identity.IsEncapsulator)
        {
            return;
        }

        foreach (var member in members.Where(member => member.TunnelAddress is not null && member.State != MeshMemberState.Down))
        {
            _peers.Tell(member.Id.Address, new ReportsWanted(Lease), Self);
        }
    }

    private void Show(MeshProtocol.GetView query)
    {
        var since = Now - Fresh;
        var view = new AwaitedView(Sender, since, [.. _table.Members.Select(member => member.Id).Where(id => _table.IsAwaited(id, since))]);
        _views.Add(view);
        if (query.Deadline <= TimeSpan.Zero)
        {
            Answer(other => other == view);
            return;
        }

        foreach (var member in view.Members)
        {
            _peers.Tell(member.Address, new ReportsWanted(TimeSpan.Zero), Self);
        }

        Timers.StartSingleTimer(view, new ViewDue(view), query.Deadline);
        AnswerWhoHaveAll();
    }

    private void AnswerWhoHaveAll() => Answer(view => !view.Members.Any(id => _table.IsAwaited(id, view.Since)));

    private void Answer(Predicate<AwaitedView> which)
    {
        foreach (var view in _views.FindAll(which))
        {
            Timers.Cancel(view);
            view.Asker.Tell(_life.Memory.View);
        }

        _views.RemoveAll(which);
    }

    private void Look()
    {
        _table.Forget(Now);
        Publish();
    }

    /// <summary>The cluster said something about its members.</summary>
    private void Settle()
    {
        _reporter.Tell(new ReporterActor.MembersKnown([.. _table.Members.Where(member => member.State != MeshMemberState.Down)]));
        Publish();
    }

    private void Publish()
    {
        if (_isMember)
        {
            var now = Now;
            _life.Memory.Publish(_life.Life, _table.ToView(_life.Life, now), _table.ToSnapshot(now), _table.Past);
            AnswerWhoHaveAll();
        }
    }

    private void End()
    {
        Become(Over);
        _reporter.Tell(new ReporterActor.MembersKnown([]));
        Forsake();
    }

    private void Forsake()
    {
        _life.Memory.EndLife(_life.Life);
        Answer(_ => true);
    }

    /// <summary>What else comes (each member is told of as removed when the cluster shuts down) says nothing about the members.</summary>
    private void Over()
    {
        Receive<MeshProtocol.GetView>(_ => Sender.Tell(_life.Memory.View));
        Receive<MeshProtocol.AnnounceDrain>(announce => _reporter.Forward(announce));
        ReceiveAny(_ => { });
    }

    /// <summary>A view that somebody waits for.</summary>
    private sealed class AwaitedView(IActorRef asker, TimeSpan since, ImmutableArray<MemberId> members)
    {
        public IActorRef Asker => asker;

        /// <summary>Reports that came earlier are not fresh.</summary>
        public TimeSpan Since => since;

        public ImmutableArray<MemberId> Members => members;
    }

    private sealed record ViewDue(AwaitedView View) : INoSerializationVerificationNeeded;

    private sealed record AskDue
    {
        public static readonly AskDue Instance = new();
    }

    private sealed record LookDue
    {
        public static readonly LookDue Instance = new();
    }
}
