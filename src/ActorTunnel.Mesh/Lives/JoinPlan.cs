using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Whom a life asks to be let in, and whether it may begin a cluster where nobody does.</summary>
/// <param name="Contacts">In order; never the node itself.</param>
/// <param name="FoundAfter">How long nobody may have let it in before it founds a cluster; null: it never founds one.</param>
internal sealed record JoinPlan(ImmutableArray<EndpointAddress> Contacts, TimeSpan? FoundAfter)
{
    /// <summary>
    /// What each seed waits for longer than the one before it in the list: longer than the first takes to found a cluster and a joiner to ask again, so that seeds that are
    /// started together make one cluster.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <param name="self">The node's address in the life that begins.</param>
    /// <param name="seeds">As configured; none: the node begins a mesh of its own.</param>
    /// <param name="known">Members that were known in earlier lives, the best first.</param>
    public static JoinPlan For(EndpointAddress self, ImmutableArray<EndpointAddress> seeds, ImmutableArray<EndpointAddress> known)
    {
        var rank = seeds.IsEmpty ? 0 : seeds.IndexOf(self);
        return new JoinPlan([.. known.Concat(seeds).Where(address => address != self).Distinct()], rank < 0 ? null : rank * Patience);
    }
}
