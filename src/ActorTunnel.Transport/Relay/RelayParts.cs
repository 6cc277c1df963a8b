using ActorTunnel.Http2.Buffers;
using ActorTunnel.Transport.Pipes;
using Akka.Streams;

namespace ActorTunnel.Transport.Relay;

/// <summary>What a <see cref="RelayStage"/> needs of its tunnel.</summary>
/// <param name="Send">Socket → session; the relay is its producer.</param>
/// <param name="Receive">Session → socket; the relay is its consumer.</param>
/// <param name="Timeouts">When silence ends the tunnel.</param>
/// <param name="Time">The clock of the timeouts.</param>
/// <param name="Ended">Called exactly once, in the stage, when both directions have ended; must not block.</param>
/// <param name="Preamble">Bytes of our own for the socket, in front of all that comes from the session, and counted nowhere. The stage owns them.</param>
/// <param name="Ahead">The session has no answer yet: nothing is given to the socket, and silence ends nothing, before <see cref="RelayControl.Deliver"/>. Until then only the socket or an abort ends it.</param>
public sealed record RelayParts(
    TunnelPipe Send, TunnelPipe Receive, RelayTimeouts Timeouts, TimeProvider Time, Action<RelayResult> Ended, Slice Preamble = default, bool Ahead = false)
    : Attributes.IAttribute
{
    /// <summary>Of the relay that is run with these parts.</summary>
    public RelayControl Control { get; } = new(mayDeliver: !Ahead);

    /// <inheritdoc/>
    public bool Equals(Attributes.IAttribute? other) => ReferenceEquals(this, other);
}
