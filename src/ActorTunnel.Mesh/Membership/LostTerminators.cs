using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh.Membership;

/// <summary>A terminator that is no member any more, and never said that it drains.</summary>
/// <param name="Member">As it was last.</param>
/// <param name="Since">When it was lost, by the clock of this node.</param>
internal sealed record LostTerminator(KnownMember Member, TimeSpan Since);

/// <summary>
/// Terminators that the mesh lost, by tunnel address. They may be well, and their tunnels with them, so they are remembered for a while, and for as long as somebody may look for what nobody else is.
/// </summary>
internal sealed class LostTerminators
{
    /// <summary>How long one is remembered where others have its roles.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly Dictionary<EndpointAddress, LostTerminator> _lost = [];

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<LostTerminator> All => _lost.Values;

    /// <summary>It was lost; where its address was lost before, it has been since then.</summary>
    public void Add(LostTerminator lost) => _lost.TryAdd(lost.Member.TunnelAddress!, lost);

    /// <summary>Somebody is at work on this address.</summary>
    public void Found(EndpointAddress tunnelAddress) => _lost.Remove(tunnelAddress);

    /// <summary>Forgets those whose time is over, and whose roles are all among <paramref name="rolesOfOthers"/>: an upstream asks for one of them, though for no encapsulator.</summary>
    public void Forget(TimeSpan now, IReadOnlySet<string> rolesOfOthers)
    {
        foreach (var (address, lost) in _lost.ToImmutableArray())
        {
            if (now - lost.Since >= Remembered && lost.Member.Roles.Roles.Where(role => role != MemberRoles.Encapsulator).All(rolesOfOthers.Contains))
            {
                _lost.Remove(address);
            }
        }
    }
}
