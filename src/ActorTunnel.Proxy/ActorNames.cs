using Akka.Actor;

namespace ActorTunnel.Proxy;

/// <summary>How actors are named in logs.</summary>
internal static class ActorNames
{
    /// <summary>The path below <c>/user</c>, such as <c>upstreams/terminators/session-2</c>.</summary>
    public static string PathOf(IActorRef actor) => string.Join('/', actor.Path.Elements.Skip(1));
}
