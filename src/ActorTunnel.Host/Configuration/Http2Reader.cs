using ActorTunnel.Host.Configuration.Hocon;
using ActorTunnel.Proxy.Settings;

namespace ActorTunnel.Host.Configuration;

/// <summary>Reads an <c>http2</c> section.</summary>
internal static class Http2Reader
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    private static readonly ValueKind<TimeSpan> Timeout = ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), zero: true);

    internal static Http2Settings Read(SectionReader section)
    {
        var settings = new Http2Settings
        {
            MaxConcurrentStreams = section.Get("max-concurrent-streams", ValueKind.Integer(1)),
            StreamWindow = (int)section.Get("stream-window", ValueKind.Size(64 * KiB, 16 * MiB)),
            MaxStreamWindow = (int)section.Get("max-stream-window", ValueKind.Size(64 * KiB, 16 * MiB)),
            ReceiveBudget = section.Get("receive-budget", ValueKind.Size(MiB)),
            MaxFrameSize = (int)section.Get("max-frame-size", ValueKind.Size(16 * KiB, MiB)),
            HandshakeTimeout = section.Get("handshake-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))),
            PingInterval = section.Get("ping-interval", Timeout),
            PingTimeout = section.Get("ping-timeout", ValueKind.Duration(TimeSpan.FromMilliseconds(2), TimeSpan.FromHours(1))),
            WriteTimeout = section.Get("write-timeout", Timeout),
            MaxAge = section.Get("max-age", ValueKind.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(20), zero: true)),
        };

        if (settings.PingInterval >= settings.PingTimeout)
        {
            // The peer would be given up before it was asked.
            section.Mistake(
                section.IsGiven("ping-interval") ? "ping-interval" : "ping-timeout",
                "a PING would be sent when the session is dead already",
                "ping-interval shorter than ping-timeout");
        }

        if (settings.MaxStreamWindow < settings.StreamWindow)
        {
            section.Mistake(
                section.IsGiven("max-stream-window") ? "max-stream-window" : "stream-window",
                "a window would have to grow to less than it begins with",
                $"max-stream-window of {HoconUnits.Render((long)settings.StreamWindow)} or more, or a smaller stream-window");
        }

        if (settings.ReceiveBudget < settings.StreamWindow)
        {
            // A window that the budget does not cover could never be used in full.
            var guilty = section.IsGiven("receive-budget") ? "receive-budget" : "stream-window";
            section.Mistake(
                guilty,
                "the receive budget is smaller than the stream window",
                $"receive-budget of {HoconUnits.Render((long)settings.StreamWindow)} or more, or a smaller stream-window");
        }

        return settings;
    }
}
