using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace ActorTunnel.Mesh.Lives;

/// <summary>For messages that no other serializer knows: they are neither sent nor taken.</summary>
internal sealed class NoSerializer : Serializer
{
    /// <param name="system">Its system.</param>
    /// <param name="_">What Akka has for the serializer in whose place this one is.</param>
    public NoSerializer(ExtendedActorSystem system, Config _)
        : base(system)
    {
    }

    /// <summary>Of the serializer in whose place it is.</summary>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override bool IncludeManifest => true;

    /// <exception cref="SerializationException">Always.</exception>
    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType()} is no message between members.");

    /// <exception cref="SerializationException">Always. Akka logs it and drops the message.</exception>
    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("A peer's object of a type that it names is not taken.");
}
