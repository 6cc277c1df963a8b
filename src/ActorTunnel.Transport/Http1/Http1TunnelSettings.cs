namespace ActorTunnel.Transport.Http1;

/// <summary>Limits of an HTTP/1.1 connection that becomes a tunnel.</summary>
/// <param name="ReceiveWindow">Bytes read from the client that may wait for the relay, 1 or more.</param>
/// <param name="LastBytesTimeout">How long a client may take for the last bytes of a tunnel that is over; zero means for ever.</param>
/// <param name="EndDeliveryTimeout">The same where the tunnel was reset behind a clean end that went to the client.</param>
public sealed record Http1TunnelSettings(int ReceiveWindow, TimeSpan LastBytesTimeout, TimeSpan EndDeliveryTimeout);
