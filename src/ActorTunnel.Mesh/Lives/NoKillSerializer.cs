using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace ActorTunnel.Mesh.Lives;

/// <summary>Akka's serializer for its own small messages, without <see cref="Kill"/>, which Akka's untrusted mode lets through.</summary>
internal sealed class NoKillSerializer : SerializerWithStringManifest
{
    private readonly MiscMessageSerializer _inner;
    private readonly string _kill;

    public NoKillSerializer(ExtendedActorSystem system)
        : base(system)
    {
        _inner = new MiscMessageSerializer(system);
        _kill = _inner.Manifest(Kill.Instance);
    }

    /// <inheritdoc/>
    public override int Identifier => _inner.Identifier;

    /// <inheritdoc/>
    public override string Manifest(object o) => _inner.Manifest(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    /// <exception cref="SerializationException">It is <see cref="Kill"/>, or cannot be read. Akka logs it and drops the message.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => manifest == _kill
        ? throw new SerializationException("A peer may not kill an actor of this node.")
        : _inner.FromBinary(bytes, manifest);
}
