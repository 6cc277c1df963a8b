using Akka.Actor;
using Akka.Event;

namespace ActorTunnel.Mesh.Messages;

/// <summary>Tells of messages that cannot be read: once for each sender and kind, and of no more of them than a hostile one could make up. For one actor.</summary>
internal sealed class UnreadableLog(ILoggingAdapter log)
{
    private const int Most = 64;

    private readonly HashSet<(Address, string)> _told = [];

    /// <summary>A message came.</summary>
    public void Tell(UnreadableMessage message, IActorRef sender)
    {
        if (_told.Count < Most && _told.Add((sender.Path.Address, message.Manifest)))
        {
            log.Warning("mesh: {0} sends {1}, which is dropped: {2}; this is not told again", sender.Path.Address, message.Manifest, message.Reason);
        }
    }
}
