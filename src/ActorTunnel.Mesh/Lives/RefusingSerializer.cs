using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace ActorTunnel.Mesh.Lives;

/// <summary>In the place of one of Akka's serializers: its messages are neither sent nor taken, and what a peer says of their type is not looked at.</summary>
/// <param name="system">Its system.</param>
/// <param name="identifier">Akka's number of the serializer in whose place it is.</param>
internal abstract class RefusingSerializer(ExtendedActorSystem system, int identifier) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => identifier;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <exception cref="SerializationException">Always.</exception>
    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType()} is no message between members.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => RefusedMessage.Instance;
}

/// <summary>In place of a peer's message that is not taken. Untrusted mode drops it; an exception would make Akka ask the peer for a system message again and again.</summary>
internal sealed class RefusedMessage : IPossiblyHarmful
{
    public static readonly RefusedMessage Instance = new();
}

/// <summary>For whatever has no serializer of its own: Akka's makes objects of the types that a peer names.</summary>
/// <param name="system">Its system.</param>
/// <param name="_">What Akka has for the serializer in whose place this one is.</param>
#pragma warning disable CS9113 // Akka makes it with the settings of the one in whose place it is.
internal sealed class NoObjects(ExtendedActorSystem system, Config _) : RefusingSerializer(system, 1);
#pragma warning restore CS9113

/// <summary>For what supervisors and watchers say to actors: nobody here watches or supervises an actor of another node, and untrusted mode lets most of it through.</summary>
internal sealed class NoSystemMessages(ExtendedActorSystem system) : RefusingSerializer(system, 22);

/// <summary>For orders to start an actor.</summary>
internal sealed class NoDeployment(ExtendedActorSystem system) : RefusingSerializer(system, 3);
