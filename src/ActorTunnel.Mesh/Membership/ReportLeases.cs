using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh.Membership;

/// <summary>Who is told how this node is, and until when. Holders are members, so there are never more.</summary>
internal sealed class ReportLeases
{
    private readonly Dictionary<EndpointAddress, TimeSpan> _until = [];

    /// <summary>Begins a lease, or begins it again. True where none ran: the holder is to be told at once.</summary>
    /// <param name="holder">Its Akka address.</param>
    /// <param name="lease">0 asks for one report, and leaves a lease that runs as it is.</param>
    /// <param name="now">By the clock of this node.</param>
    public bool Grant(EndpointAddress holder, TimeSpan lease, TimeSpan now)
    {
        var runs = _until.TryGetValue(holder, out var until) && until > now;
        if (lease > TimeSpan.Zero)
        {
            _until[holder] = now + lease;
        }

        return !runs || lease <= TimeSpan.Zero;
    }

    /// <summary>Holders that are no members any more lose their lease.</summary>
    public void Retain(IReadOnlySet<EndpointAddress> members)
    {
        foreach (var holder in _until.Keys.Where(holder => !members.Contains(holder)).ToImmutableArray())
        {
            _until.Remove(holder);
        }
    }

    /// <summary>Holders whose lease runs; the others are forgotten.</summary>
    public ImmutableArray<EndpointAddress> Running(TimeSpan now)
    {
        foreach (var (holder, _) in _until.Where(lease => lease.Value <= now).ToImmutableArray())
        {
            _until.Remove(holder);
        }

        return [.. _until.Keys];
    }
}
