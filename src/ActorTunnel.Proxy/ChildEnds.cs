using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Proxy;

/// <summary>
/// Stops a child that fails, and tells its parent of each child that ended by <see cref="ChildEnded"/>. A watch of each child says the same, for two more system messages: one in the child's
/// first moment and one in its last.
/// </summary>
internal sealed class ChildEnds() : OneForOneStrategy(static _ => Directive.Stop)
{
    public override void HandleChildTerminated(IActorContext actorContext, IActorRef child, IEnumerable<IInternalActorRef> children) =>
        actorContext.Self.Tell(ChildEnded.Instance);
}

/// <summary>A child ended, of whatever cause.</summary>
internal sealed class ChildEnded : IDeadLetterSuppression
{
    public static readonly ChildEnded Instance = new();
}
