using System.Runtime.Serialization;
using ActorTunnel.Mesh.Lives.Wire;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Writes and reads <see cref="IslandsProtocol"/>. The manifest names the message and its version.</summary>
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
        IslandsProtocol.WhichIsland message => Write(message.Asker, message.Island),
        IslandsProtocol.IslandKnown message => Write(message.Member, message.Island),
        _ => throw NotOurs(obj),
    };

    /// <exception cref="SerializationException">The manifest is unknown, or the bytes are no such message. Akka logs it and drops the message.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        switch (manifest)
        {
            case WhichIslandManifest:
                var (asker, askersIsland) = Read(bytes);
                return new IslandsProtocol.WhichIsland(asker, askersIsland);
            case IslandKnownManifest:
                var (member, island) = Read(bytes);
                return new IslandsProtocol.IslandKnown(member, island);
            default:
                throw new SerializationException($"No message of islands is called '{manifest}'.");
        }
    }

    private static byte[] Write(SystemId member, Island island) => new IslandMessage
    {
        Member = Write(member),
        Oldest = Write(island.Oldest),
        Terminators = (uint)island.Terminators,
        Members = (uint)island.Members,
    }.ToByteArray();

    private static SystemIdMessage Write(SystemId id) => new() { Host = id.Address.Host, Port = (uint)id.Address.Port, Uid = id.Uid };

    private static (SystemId Member, Island Island) Read(byte[] bytes)
    {
        IslandMessage message;
        try
        {
            message = IslandMessage.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new SerializationException("A message of islands cannot be read.", exception);
        }

        return (Read(message.Member), new Island(Read(message.Oldest), Count(message.Terminators), Count(message.Members)));
    }

    private static SystemId Read(SystemIdMessage? id) => id is { Host.Length: > 0, Port: > 0 and <= ushort.MaxValue }
        ? new SystemId(new EndpointAddress(id.Host, (int)id.Port), id.Uid)
        : throw new SerializationException("A message of islands names no system.");

    private static int Count(uint count) => count <= int.MaxValue ? (int)count : throw new SerializationException("A message of islands counts too many members.");

    private static ArgumentException NotOurs(object message) => new($"{message.GetType()} is no message of islands.");
}
