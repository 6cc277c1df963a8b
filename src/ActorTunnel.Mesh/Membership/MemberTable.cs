using System.Collections.Immutable;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using ActorTunnel.Proxy.Upstreams;

namespace ActorTunnel.Mesh.Membership;

/// <summary>What one life hands on to the next.</summary>
/// <param name="Terminators">Members that took tunnels, one for each address.</param>
/// <param name="Lost">Those that were lost.</param>
internal sealed record MeshPast(ImmutableArray<KnownMember> Terminators, ImmutableArray<LostTerminator> Lost)
{
    public static readonly MeshPast Nothing = new([], []);
}

/// <summary>
/// What a life of the mesh knows: what the cluster says of members, and what they say of themselves, becomes a view for people and a snapshot for the data plane.
/// Times are of this node's clock, from a beginning that never changes. For one actor.
/// </summary>
internal sealed class MemberTable
{
    /// <summary>An older report says nothing about load any more.</summary>
    public static readonly TimeSpan ReportCounts = TimeSpan.FromSeconds(5);

    private readonly Dictionary<MemberId, KnownMember> _members = [];
    private readonly LostTerminators _lost = new();
    private readonly MemberId _self;
    private readonly MeshPast _past;
    private int _order;

    public MemberTable(MemberId self, MeshPast past)
    {
        _self = self;
        _past = past;
    }

    /// <summary>Whether this node is a member.</summary>
    public bool IsJoined { get; private set; }

    /// <summary>Whom this node knows, in no order.</summary>
    public IReadOnlyCollection<KnownMember> Members => _members.Values;

    /// <summary>What the next life begins with.</summary>
    public MeshPast Past => new([.. Serving().Values], [.. _lost.All]);

    /// <summary>The cluster tells of a member's state. Where it tells of several at once, older ones are to be told of first.</summary>
    public void Set(MemberId id, MemberRoles roles, MeshMemberState state, TimeSpan now)
    {
        var before = _members.GetValueOrDefault(id);
        var member = before is null
            ? new KnownMember(id, roles, state, ++_order) { IsDraining = _past.Terminators.Any(past => past.Id == id && past.IsDraining) }
            : before with { State = state };
        _members[id] = member;
        if (member.IsAtWork && member.TunnelAddress is { } address)
        {
            _lost.Found(address);
        }
        else if (state == MeshMemberState.Down)
        {
            TakeLeave(before, now);
        }

        if (id == _self && member.IsAtWork && !IsJoined)
        {
            IsJoined = true;
            TakeOver(now);
        }
    }

    /// <summary>The cluster tells whether a member is heard.</summary>
    public void SetReachable(MemberId id, bool isReachable)
    {
        if (_members.TryGetValue(id, out var member))
        {
            _members[id] = member with { IsReachable = isReachable };
        }
    }

    /// <summary>The cluster has no such member any more.</summary>
    public void Remove(MemberId id, TimeSpan now)
    {
        if (_members.Remove(id, out var before))
        {
            TakeLeave(before, now);
        }
    }

    /// <summary>A member tells of itself. False where it is none, or has told of something later.</summary>
    public bool Hear(EndpointAddress from, NodeReported said, TimeSpan now)
    {
        if (Find(from, said.Incarnation) is not { } member || said.Report.Sequence <= member.Heard?.Report.Sequence)
        {
            return false;
        }

        var isDraining = member.IsDraining || said.Report.IsDraining;
        var report = said.Report with { IsDraining = isDraining };
        _members[member.Id] = member with
        {
            IsDraining = isDraining,
            Heard = new HeardReport(report, new TerminatorLoad(report.Tunnels, report.Dials, report.Cpu), now),
        };
        return true;
    }

    /// <summary>Forgets what was lost too long ago.</summary>
    public void Forget(TimeSpan now) => _lost.Forget(
        now,
        Serving().Values
            .Where(member => member.IsReachable && !member.IsDraining && member.Id != _self)
            .SelectMany(member => member.Roles.Roles)
            .ToHashSet());

    /// <summary>The member with this Akka address that is not down; the latest, where the incarnation is not said (0).</summary>
    public KnownMember? Find(EndpointAddress address, int incarnation = 0)
    {
        var candidates = _members.Values.Where(member => member.Id.Address == address && member.State != MeshMemberState.Down);
        return incarnation == 0 ? candidates.MaxBy(member => member.Order) : candidates.FirstOrDefault(member => member.Id.Incarnation == incarnation);
    }

    /// <summary>Whether a member could tell how it is, and has not since then.</summary>
    public bool IsAwaited(MemberId id, TimeSpan since) =>
        _members.TryGetValue(id, out var member)
        && member.Roles.Name is not null
        && member.State is MeshMemberState.WeaklyUp or MeshMemberState.Up or MeshMemberState.Leaving
        && member.IsReachable
        && !(member.Heard?.At >= since);

    /// <summary>The mesh for people.</summary>
    public MeshView ToView(int life, TimeSpan now) => new(
        IsJoined,
        life,
        [
            .. InOrder(_members.Values.Select(member => member.ToView(member.State, member.IsReachable, member.Id == _self, now))),
            .. InOrder(_lost.All
                .Where(lost => !_members.ContainsKey(lost.Member.Id))
                .Select(lost => lost.Member.ToView(MeshMemberState.Lost, isReachable: false, isSelf: false, now))),
        ]);

    /// <summary>The terminators for the data plane. Only once this node is a member.</summary>
    public TerminatorSnapshot ToSnapshot(TimeSpan now) => new(
        IsKnown: true,
        [
            .. Serving().Values.Select(member => ToTerminator(
                    member,
                    member.IsReachable ? TerminatorPresence.Member : TerminatorPresence.Unreachable,
                    now - member.Heard?.At <= ReportCounts ? member.Heard!.Load : null))
                .Concat(_lost.All.Select(lost => ToTerminator(lost.Member, TerminatorPresence.Lost, null)))
                .OrderBy(terminator => terminator.Address.Host, StringComparer.Ordinal)
                .ThenBy(terminator => terminator.Address.Port),
        ]);

    private static Terminator ToTerminator(KnownMember member, TerminatorPresence presence, TerminatorLoad? load) =>
        new(member.TunnelAddress!, member.Roles.Roles, member.Roles.Zone, presence, member.IsDraining, load);

    private static IEnumerable<MeshMember> InOrder(IEnumerable<MeshMember> members) => members
        .OrderByDescending(member => member.IsSelf)
        .ThenBy(member => member.Name, StringComparer.Ordinal)
        .ThenBy(member => member.Address.Host, StringComparer.Ordinal)
        .ThenBy(member => member.Address.Port);

    /// <summary>Who takes tunnels, by address: where a process was started again, the later life.</summary>
    private Dictionary<EndpointAddress, KnownMember> Serving()
    {
        var serving = new Dictionary<EndpointAddress, KnownMember>();
        foreach (var member in _members.Values.Where(member => member.IsAtWork))
        {
            if (member.TunnelAddress is { } address && (!serving.TryGetValue(address, out var other) || member.Order > other.Order))
            {
                serving[address] = member;
            }
        }

        return serving;
    }

    /// <summary>A member that was at work is so no more. Who said that it drains has gone for good; who did not may be well.</summary>
    private void TakeLeave(KnownMember? member, TimeSpan now)
    {
        if (member is { IsAtWork: true, IsDraining: false, TunnelAddress: { } address } && member.Id != _self && !Serving().ContainsKey(address))
        {
            _lost.Add(new LostTerminator(member with { IsReachable = false }, now));
        }
    }

    /// <summary>Now that the members are known: who was one in the last life and is none now was lost meanwhile.</summary>
    private void TakeOver(TimeSpan now)
    {
        var serving = Serving();
        var lost = _past.Lost.Concat(_past.Terminators.Where(member => !member.IsDraining).Select(member => new LostTerminator(member, now)));
        foreach (var terminator in lost.Where(lost => !serving.ContainsKey(lost.Member.TunnelAddress!)))
        {
            _lost.Add(terminator);
        }
    }
}
