using System.Collections.Immutable;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;

namespace ActorTunnel.Mesh.Membership;

/// <summary>
/// What this node tells the others: how it is, to those who asked, once a second while their lease runs; and that it drains, to all members, until they have said that
/// they know.
/// <code>
///   Silent ──AnnounceDrain──▶ Announcing ──all who are heard know──▶ Announced
///                                 ▲ │  again every 500 ms to those who do not      │
///                                 └─┘                      AnnounceDrain again ◀───┘
/// </code>
/// </summary>
internal sealed class ReporterActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RepeatEvery = TimeSpan.FromMilliseconds(500);

    private readonly MeshLifeContext _life;
    private readonly MeshPeers _peers;
    private readonly ReportLeases _leases = new();
    private readonly DrainAnnouncement _drain = new();
    private readonly List<IActorRef> _announcers = [];
    private ImmutableArray<KnownMember> _members = [];

    public ReporterActor(MeshLifeContext life, MeshPeers peers)
    {
        _life = life;
        _peers = peers;
        Receive<MembersKnown>(known => Take(known.Members));
        Receive<ReportAsked>(asked => Answer(asked));
        Receive<DrainAcknowledged>(known =>
        {
            _drain.Acknowledge(known.By);
            Settle();
        });
        Receive<MeshProtocol.AnnounceDrain>(_ => Announce());
        Receive<ReportDue>(_ => ReportToHolders());
        Receive<RepeatDue>(_ => Tell(_drain.Missing, wantsAcknowledgement: true));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(MeshLifeContext life, MeshPeers peers) => Akka.Actor.Props.Create(() => new ReporterActor(life, peers));

    private TimeSpan Now => _life.Time.GetElapsedTime(0);

    private void Take(ImmutableArray<KnownMember> members)
    {
        _members = members;
        _leases.Retain(members.Select(member => member.Id.Address).ToHashSet());
        if (_announcers.Count > 0)
        {
            Listen();
            Settle();
        }
    }

    private void Answer(ReportAsked asked)
    {
        if (_leases.Grant(asked.By.Address, asked.Lease, Now))
        {
            Tell([asked.By], wantsAcknowledgement: false);
        }

        if (!Timers.IsTimerActive(ReportDue.Instance) && !_leases.Running(Now).IsEmpty)
        {
            Timers.StartPeriodicTimer(ReportDue.Instance, ReportDue.Instance, ReportEvery);
        }
    }

    private void ReportToHolders()
    {
        var holders = _leases.Running(Now);
        if (holders.IsEmpty)
        {
            Timers.Cancel(ReportDue.Instance);
            return;
        }

        Tell(_members.Where(member => holders.Contains(member.Id.Address)).Select(member => member.Id), wantsAcknowledgement: false);
    }

    private void Announce()
    {
        _life.Memory.BeginDrain();
        _announcers.Add(Sender);
        Listen();
        Tell(_drain.Missing, wantsAcknowledgement: true);
        Settle();
    }

    /// <summary>All members: also who sends no tunnels here would else take the leaving for a loss.</summary>
    private void Listen() => _drain.Listen([
        .. _members.Select(member => new DrainAnnouncement.Listener(member.Id, member is { IsReachable: true, IsAtWork: true })),
    ]);

    private void Settle()
    {
        if (_announcers.Count == 0)
        {
            return;
        }

        if (!_drain.IsKnown)
        {
            if (!Timers.IsTimerActive(RepeatDue.Instance))
            {
                Timers.StartPeriodicTimer(RepeatDue.Instance, RepeatDue.Instance, RepeatEvery);
            }

            return;
        }

        Timers.Cancel(RepeatDue.Instance);
        _announcers.ForEach(announcer => announcer.Tell(MeshProtocol.DrainAnnounced.Instance));
        _announcers.Clear();
    }

    private void Tell(IEnumerable<MemberId> members, bool wantsAcknowledgement)
    {
        var receivers = members.ToImmutableArray();
        if (receivers.IsEmpty)
        {
            return;
        }

        var report = _life.Report();
        report = report with { Sequence = _life.Memory.NextSequence(_life.Life), IsDraining = report.IsDraining || _life.Memory.IsDraining };
        var message = new NodeReported(_peers.Self.Incarnation, report, wantsAcknowledgement);
        foreach (var receiver in receivers)
        {
            _peers.Tell(receiver.Address, message, Context.Parent);
        }
    }

    /// <summary>From the parent: who is a member now, and not down.</summary>
    public sealed record MembersKnown(ImmutableArray<KnownMember> Members) : INoSerializationVerificationNeeded;

    /// <summary>From the parent: a member wants to know how this node is.</summary>
    public sealed record ReportAsked(MemberId By, TimeSpan Lease) : INoSerializationVerificationNeeded;

    /// <summary>From the parent: a member knows that this node drains.</summary>
    public sealed record DrainAcknowledged(MemberId By) : INoSerializationVerificationNeeded;

    private sealed record ReportDue
    {
        public static readonly ReportDue Instance = new();
    }

    private sealed record RepeatDue
    {
        public static readonly RepeatDue Instance = new();
    }
}
