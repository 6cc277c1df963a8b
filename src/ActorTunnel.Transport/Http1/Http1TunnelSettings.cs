namespace ActorTunnel.Transport.Http1;

/// <summary>How long an HTTP/1.1 connection outlives its tunnel.</summary>
/// <param name="LastBytesTimeout">How long a client may take for the last bytes of a tunnel that is over; zero means for ever.</param>
/// <param name="EndDeliveryTimeout">The same where the tunnel was reset behind a clean end that went to the client.</param>
public sealed record Http1TunnelSettings(TimeSpan LastBytesTimeout, TimeSpan EndDeliveryTimeout);
