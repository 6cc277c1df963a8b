using ActorTunnel.Mesh.Lives.Wire;
using ActorTunnel.Mesh.Messages;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Writes and reads <see cref="IslandsProtocol"/>. The manifest names the message and its version. What cannot be read becomes an <see cref="UnreadableMessage"/>.</summary>
internal sealed class IslandsSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Among Akka's serializers.</summary>
    public const string Name = "actortunnel-islands";

    private const string WhichIslandManifest = "which-island.1";
    private const string IslandKnownManifest = "island-known.1";

    public override int Identifier => 1702;

    public override string Manifest(object o) => o switch
    {
        IslandsProtocol.WhichIsland => WhichIslandManifest,
        IslandsProtocol.IslandKnown => IslandKnownManifest,
        _ => throw NotOurs(o),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        IslandsProtocol.WhichIsland message => Write(message.Asker, message.Island, message.Question),
        IslandsProtocol.IslandKnown message => Write(message.Member, message.Island, message.Question),
        _ => throw NotOurs(obj),
    };

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                WhichIslandManifest => Read(IslandMessage.Parser.ParseFrom(bytes), manifest, (member, island, question) => new IslandsProtocol.WhichIsland(member, island, question)),
                IslandKnownManifest => Read(IslandMessage.Parser.ParseFrom(bytes), manifest, (member, island, question) => new IslandsProtocol.IslandKnown(member, island, question)),
                _ => UnreadableMessage.Of(manifest, "it is not known to this version"),
            };
        }
        catch (InvalidProtocolBufferException problem)
        {
            return UnreadableMessage.Of(manifest, problem.Message); // A peer's bytes are not this node's fault; the receiver logs it.
        }
    }

    private static byte[] Write(SystemId member, Island island, ulong question) => new IslandMessage
    {
        Member = Write(member),
        Oldest = Write(island.Oldest),
        Terminators = (uint)island.Terminators,
        Members = (uint)island.Members,
        Question = question,
    }.ToByteArray();

    private static SystemIdMessage Write(SystemId id) => new() { Host = id.Address.Host, Port = (uint)id.Address.Port, Uid = id.Uid };

    private static object Read(IslandMessage message, string manifest, Func<SystemId, Island, ulong, object> make) =>
        Read(message.Member) is { } member && Read(message.Oldest) is { } oldest && message is { Terminators: <= int.MaxValue, Members: <= int.MaxValue }
            ? make(member, new Island(oldest, (int)message.Terminators, (int)message.Members), message.Question)
            : UnreadableMessage.Of(manifest, "it names no system, or counts too many members");

    private static SystemId? Read(SystemIdMessage? id) =>
        id is { Host.Length: > 0, Port: > 0 and <= ushort.MaxValue } ? new SystemId(new EndpointAddress(id.Host, (int)id.Port), id.Uid) : null;

    private static ArgumentException NotOurs(object message) => new($"{message.GetType()} is no message of islands.");
}
