using ActorTunnel.Mesh.Lives;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTunnel.Mesh.Membership;

/// <summary>Between Akka addresses and the members' <c>/user/mesh</c>. Each member has the protocol and the system name of this node.</summary>
internal sealed class MeshPeers(Cluster cluster)
{
    private readonly ActorSystem _system = cluster.System;

    /// <summary>This life of this node.</summary>
    public MemberId Self { get; } = IdOf(cluster.SelfUniqueAddress);

    /// <summary>Which life of a member Akka tells of.</summary>
    public static MemberId IdOf(UniqueAddress member) => new(AddressOf(member.Address), member.Uid);

    /// <summary>Where a message came from.</summary>
    public EndpointAddress AddressOf(IActorRef sender) =>
        sender.Path.Address.HasGlobalScope ? AddressOf(sender.Path.Address) : Self.Address;

    /// <summary>Sends to the <c>/user/mesh</c> of a member, this node's too.</summary>
    public void Tell(EndpointAddress member, MeshMessage message, IActorRef sender)
    {
        _system.ActorSelection(new RootActorPath(cluster.SelfAddress.At(member)) / "user" / MeshActor.Name).Tell(message, sender);
    }

    // Of a member, so it has a host and a port.
    private static EndpointAddress AddressOf(Address address) => address.ToEndpoint()!;
}
