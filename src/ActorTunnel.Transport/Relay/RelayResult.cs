using ActorTunnel.Transport.Pipes;

namespace ActorTunnel.Transport.Relay;

/// <summary>How a tunnel's relay ended. Directions are seen from us towards the session.</summary>
/// <param name="BytesSent">Payload bytes read from the socket and given to the session.</param>
/// <param name="BytesReceived">Payload bytes from the session that the socket took.</param>
/// <param name="SendEnd">How the direction socket → session ended.</param>
/// <param name="ReceiveEnd">How the direction session → socket ended.</param>
/// <param name="HalfClosed">Whether an idle timeout that ended it was the one of a half-closed tunnel.</param>
public readonly record struct RelayResult(
    long BytesSent, long BytesReceived, PipeEnd SendEnd, PipeEnd ReceiveEnd, bool HalfClosed);

/// <summary>When a relay gives up on a silent tunnel.</summary>
/// <param name="Idle">Without a byte either way; zero means never.</param>
/// <param name="HalfClosedIdle">The same after one direction ended; zero means never.</param>
public readonly record struct RelayTimeouts(TimeSpan Idle, TimeSpan HalfClosedIdle);
