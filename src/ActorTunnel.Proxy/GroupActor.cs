using ActorTunnel.Proxy.Status;
using Akka.Actor;

namespace ActorTunnel.Proxy;

/// <summary>
/// The parent of all listeners, or of all upstreams: gives them their place in the tree, passes a drain on to them and answers when each
/// of them has.
/// </summary>
internal sealed class GroupActor : ReceiveActor
{
    private IActorRef? _drainer;
    private int _pending;

    public GroupActor(IReadOnlyDictionary<string, Props> members)
    {
        foreach (var (name, props) in members)
        {
            Context.ActorOf(props, name);
        }

        Receive<StatusProtocol.StatusQuery>(_ => Sender.Tell(StatusProtocol.StatusReply.AskOn(Context.GetChildren())));
        Receive<GetMember>(get => Sender.Tell(Context.Child(get.Name)));
        Receive<ToMember>(to => Context.Child(to.Name).Forward(to.Message));
        Receive<DrainProtocol.BeginDrain>(_ =>
        {
            _drainer = Sender;
            _pending = members.Count;
            TellMembers(DrainProtocol.BeginDrain.Instance);
            Answer();
        });
        Receive<DrainProtocol.Drained>(_ =>
        {
            _pending--;
            Answer();
        });
        Receive<DrainProtocol.AbortTunnels>(_ => TellMembers(DrainProtocol.AbortTunnels.Instance));
    }

    public static Props Props(IReadOnlyDictionary<string, Props> members) => Akka.Actor.Props.Create(() => new GroupActor(members));

    /// <summary>A listener or upstream that fails is a defect: it is stopped, and the others go on.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    private static void TellMembers(object message)
    {
        foreach (var member in Context.GetChildren())
        {
            member.Tell(message);
        }
    }

    private void Answer()
    {
        if (_drainer is not null && _pending <= 0)
        {
            _drainer.Tell(DrainProtocol.Drained.Instance);
        }
    }

    /// <summary>Asks for the actor of a member.</summary>
    public sealed record GetMember(string Name);

    /// <summary>Is passed on to a member.</summary>
    public sealed record ToMember(string Name, object Message);
}
