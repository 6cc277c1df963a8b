using System.Collections.Immutable;
using ActorTunnel.Mesh.Messages;
using Akka.Actor;

namespace ActorTunnel.Mesh.Tests.Membership;

/// <summary>In the place of a member's <c>/user/mesh</c>: keeps what it is told, and acknowledges a drain only after some announcements.</summary>
internal sealed class ListenerActor : ReceiveActor
{
    private ImmutableArray<MeshMessage> _heard = [];

    public ListenerActor(int announcementsBefore)
    {
        Receive<MeshMessage>(message =>
        {
            _heard = _heard.Add(message);
            if (_heard.Count(heard => heard is NodeReported { WantsAcknowledgement: true }) > announcementsBefore)
            {
                Sender.Tell(DrainKnown.Instance);
            }
        });
        Receive<GetHeard>(_ => Sender.Tell(_heard));
    }

    public static Props Props(int announcementsBefore) => Akka.Actor.Props.Create(() => new ListenerActor(announcementsBefore));

    /// <summary>Answered by all messages so far.</summary>
    public sealed record GetHeard;
}
