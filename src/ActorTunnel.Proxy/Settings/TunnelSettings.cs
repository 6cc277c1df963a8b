namespace ActorTunnel.Proxy.Settings;

/// <summary>The application's side of a tunnel.</summary>
public sealed record TunnelSettings
{
    /// <summary>Without a byte either way for so long, the tunnel is reset; zero means never.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The same once one direction has ended; zero means never.</summary>
    public TimeSpan HalfClosedIdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>TCP keepalive: idle time before the first probe; zero turns it off.</summary>
    public TimeSpan KeepAliveTime { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>TCP keepalive: time between probes, whole seconds.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>TCP keepalive: probes without an answer before the connection is reset.</summary>
    public int KeepAliveProbes { get; init; } = 9;

    /// <summary>How long a reset waits for the delivery of a clean end that went the other way.</summary>
    public TimeSpan EndDeliveryTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
