using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads the keys that both sides of a tunnel have for the application's connection.</summary>
internal static class TunnelReader
{
    // Timers count milliseconds in an int.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    // TCP_KEEPIDLE and TCP_KEEPINTVL end here on Linux.
    private static readonly TimeSpan LongestKeepAlive = TimeSpan.FromSeconds(32_767);

    private static readonly ValueKind<TimeSpan> IdleTimeout = ValueKind.Duration(TimeSpan.FromMilliseconds(100), LongestTimer, zero: true);

    internal static TunnelSettings Read(SectionReader section) => section.Section("keepalive", keepAlive => new TunnelSettings
    {
        IdleTimeout = section.Get("idle-timeout", IdleTimeout),
        HalfClosedIdleTimeout = section.Get("half-closed-idle-timeout", IdleTimeout),
        EndDeliveryTimeout = section.Get("end-delivery-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), zero: true)),
        KeepAliveTime = keepAlive.Get("time", ValueKind.Duration(TimeSpan.FromSeconds(1), LongestKeepAlive, zero: true, wholeSeconds: true)),
        KeepAliveInterval = keepAlive.Get("interval", ValueKind.Duration(TimeSpan.FromSeconds(1), LongestKeepAlive, wholeSeconds: true)),
        KeepAliveProbes = keepAlive.Get("probes", ValueKind.Integer(1, 127)),
    });
}
