using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace ActorTunnel.Mesh.Lives;

/// <summary>
/// In the place of Akka's serializer for its own small messages: of all that it knows, failures with exceptions and <see cref="Kill"/> among it, only the question
/// whether an actor is there, and its answer, are taken.
/// </summary>
internal sealed class IdentifySerializer : SerializerWithStringManifest
{
    private readonly MiscMessageSerializer _inner;
    private readonly string[] _taken;

    public IdentifySerializer(ExtendedActorSystem system)
        : base(system)
    {
        _inner = new MiscMessageSerializer(system);
        _taken = [_inner.Manifest(new Identify(null)), _inner.Manifest(new ActorIdentity(null, null))];
    }

    /// <inheritdoc/>
    public override int Identifier => _inner.Identifier;

    /// <inheritdoc/>
    public override string Manifest(object o) => _inner.Manifest(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        _taken.Contains(manifest) ? _inner.FromBinary(bytes, manifest) : RefusedMessage.Instance;
}
