using System.Collections.Immutable;
using ActorTunnel.Proxy.Settings;
using Akka.Actor;

namespace ActorTunnel.Proxy.Tunnels;

/// <summary>
/// What was tried for a tunnel so far, in vain. No byte of the application is read before there is a relay, and a stream with a relay is no attempt any more but the
/// tunnel: so however many attempts there are, no byte is ever sent twice.
/// </summary>
internal sealed record TunnelAttempts
{
    /// <summary>Nothing yet.</summary>
    public static readonly TunnelAttempts None = new();

    private TunnelAttempts()
    {
    }

    /// <summary>Streams that were opened for it.</summary>
    public int Streams { get; private init; }

    /// <summary>Where it failed since it rested last: others come first.</summary>
    public ImmutableArray<EndpointAddress> Endpoints { get; private init; } = [];

    /// <summary>Sessions that refused it unseen: another to the same terminator may take it.</summary>
    public ImmutableArray<IActorRef> Sessions { get; private init; } = [];

    /// <summary>How often it waited because there was nobody else to try.</summary>
    public int Rests { get; private init; }

    /// <summary>What the latest attempt met; null before the first one has failed.</summary>
    public TunnelProtocol.TunnelFailed? Failure { get; private init; }

    /// <summary>One more.</summary>
    /// <param name="failure">How it failed; it has a route.</param>
    /// <param name="refuser">The session, where it is the session that would refuse again; else null.</param>
    public TunnelAttempts Failed(TunnelProtocol.TunnelFailed failure, IActorRef? refuser) => this with
    {
        Streams = Streams + 1,
        Endpoints = Endpoints.Add(failure.Route!.Endpoint),
        Sessions = refuser is null ? Sessions : Sessions.Add(refuser),
        Failure = failure,
    };

    /// <summary>It waited, and may be tried anywhere again.</summary>
    public TunnelAttempts Rested() => this with { Endpoints = [], Rests = Rests + 1 };

    /// <summary>There is no other session, so those that refused may be asked again.</summary>
    public TunnelAttempts AnySession() => this with { Sessions = [] };
}
