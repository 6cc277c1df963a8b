using Akka.Actor;

namespace ActorTunnel.Proxy;

/// <summary>Makes actors of which there is one for each tunnel: Akka's own way reads an expression and calls the constructor by reflection each time.</summary>
/// <param name="make">A new one with each call.</param>
internal sealed class ActorFactory<TActor>(Func<TActor> make) : IIndirectActorProducer
    where TActor : ActorBase
{
    public Type ActorType => typeof(TActor);

    public ActorBase Produce() => make();

    /// <summary>Akka calls it for an actor that has stopped; there is nothing to give back.</summary>
    public void Release(ActorBase actor)
    {
    }
}
