using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Streams.Implementation.Fusing;
using Akka.Streams.Stage;

namespace ActorTunnel.Transport;

/// <summary>
/// The message by which an async callback of Akka reached its stage, to be sent again: the callback itself makes a new one each time, 120 bytes. It says which
/// stage is meant and which handler, and nothing of the moment.
/// </summary>
internal sealed class WakeUpMessage
{
    private readonly ActorCell _actor;
    private readonly object _message;

    private WakeUpMessage(ActorCell actor, object message)
    {
        _actor = actor;
        _message = message;
    }

    /// <summary>Called by a stage in the turn of an async callback. Null where another message began this turn, of another stage of the same actor.</summary>
    public static WakeUpMessage? OfThisTurn(GraphStageLogic stage) =>
        InternalCurrentActorCellKeeper.Current is { CurrentMessage: ActorGraphInterpreter.AsyncInput input } actor && ReferenceEquals(input.Logic, stage)
            ? new WakeUpMessage(actor, actor.CurrentMessage)
            : null;

    /// <summary>
    /// Sends it by the mailbox, from a turn of the stage's own actor, too: what other messages bring before is then served with it, many tunnels' bytes in one turn of their session.
    /// </summary>
    public void Send() => _actor.Self.Tell(_message, ActorRefs.NoSender);
}
