using System.Collections.Immutable;

namespace ActorTunnel.Proxy.Status;

/// <summary>What came of a question to many actors.</summary>
/// <param name="Items">From those who answered in time, at most as many as were asked for.</param>
/// <param name="Total">How many there are in all.</param>
/// <param name="Silent">The paths of actors that did not answer in time, at most <see cref="MaxSilent"/>.</param>
public sealed record StatusAnswer<T>(ImmutableArray<T> Items, long Total, ImmutableArray<string> Silent)
{
    /// <summary>More names help nobody.</summary>
    public const int MaxSilent = 100;
}
