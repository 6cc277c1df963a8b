using System.Collections.Immutable;
using Akka.Actor;

namespace ActorTunnel.Proxy.Status;

/// <summary>An actor and those below it.</summary>
/// <param name="Name">Its name, unique among its siblings.</param>
/// <param name="Kind">The type of the actor.</param>
/// <param name="Children">By name, numbers in their order; where there are more than were asked for, some of them.</param>
/// <param name="Hidden">Children that are not in <paramref name="Children"/>.</param>
public sealed record ActorNode(string Name, string Kind, ImmutableArray<ActorNode> Children, int Hidden);

/// <summary>The tree of actors. It is read from Akka's own lists of children, which are immutable, so no actor is asked and none can hold it up.</summary>
internal static class ActorTree
{
    /// <summary>The tree below <c>/user</c>.</summary>
    /// <param name="system">Whose tree.</param>
    /// <param name="childrenShown">Of each actor at most so many children are gone into, 0 or more.</param>
    public static ActorNode Read(ActorSystem system, int childrenShown) => Read(((ExtendedActorSystem)system).Guardian, childrenShown);

    private static ActorNode Read(IActorRef actor, int childrenShown)
    {
        if (actor is not ActorRefWithCell cell)
        {
            return new ActorNode(actor.Path.Name, "", [], 0);
        }

        var children = cell.Children.ToList();
        return new ActorNode(
            actor.Path.Name,
            cell.Underlying.Props.Type.Name,
            [.. InOrder(children).Take(childrenShown).Select(child => Read(child, childrenShown))],
            Math.Max(0, children.Count - childrenShown));
    }

    /// <summary><c>connection-2</c> stands before <c>connection-10</c>.</summary>
    private static IEnumerable<IActorRef> InOrder(IEnumerable<IActorRef> children) =>
        children.OrderBy(child => child.Path.Name.Length).ThenBy(child => child.Path.Name, StringComparer.Ordinal);
}
