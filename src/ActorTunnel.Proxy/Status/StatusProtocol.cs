using System.Collections.Immutable;
using Akka.Actor;

namespace ActorTunnel.Proxy.Status;

/// <summary>
/// Questions that go down the actor tree. Who is asked answers at once from what it knows: with its own status, with whom else to ask, or with
/// both. Nobody waits for anybody: <see cref="StatusCollectorActor"/> asks on.
/// </summary>
internal static class StatusProtocol
{
    /// <summary>Any of the questions.</summary>
    /// <param name="Limit">More than so many actors are not to be named in a reply.</param>
    public abstract record StatusQuery(int Limit);

    /// <summary>Answered by listeners with <see cref="ListenerStatus"/>.</summary>
    public sealed record GetListenerStatus(int Limit) : StatusQuery(Limit);

    /// <summary>Answered by upstreams with <see cref="UpstreamStatus"/>, and by those who look up their names with <see cref="DnsStatus"/>.</summary>
    public sealed record GetUpstreamStatus(int Limit) : StatusQuery(Limit);

    /// <summary>Answered by sessions with <see cref="SessionStatus"/>.</summary>
    public sealed record GetSessionStatus(int Limit) : StatusQuery(Limit);

    /// <summary>Answered with <see cref="TunnelStatus"/> by who writes the tunnel's access log.</summary>
    public sealed record GetTunnelStatus(int Limit) : StatusQuery(Limit);

    /// <summary>The reply to each of the questions.</summary>
    /// <param name="Status">The sender's own, or null.</param>
    /// <param name="Ask">Who knows more.</param>
    /// <param name="AreItems">Whether each of <paramref name="Ask"/> stands for one item of the answer, and so counts against the limit.</param>
    /// <param name="Total">Items below the sender, of which <paramref name="Ask"/> may be a part.</param>
    public sealed record StatusReply(object? Status, ImmutableArray<IActorRef> Ask, bool AreItems, long Total) : INoSerializationVerificationNeeded
    {
        /// <summary>The sender knows nothing of the kind, and nobody who does.</summary>
        public static readonly StatusReply Nothing = new(null, [], false, 0);

        /// <summary>The sender's status is all there is.</summary>
        public static StatusReply Of(object status) => new(status, [], false, 0);

        /// <summary>Others are to be asked.</summary>
        public static StatusReply AskOn(IEnumerable<IActorRef> others) => new(null, [.. others], false, 0);

        /// <summary>Each of these stands for an item; there are <paramref name="total"/> of them.</summary>
        public static StatusReply Items(IEnumerable<IActorRef> some, long total) => new(null, [.. some], true, total);
    }
}
