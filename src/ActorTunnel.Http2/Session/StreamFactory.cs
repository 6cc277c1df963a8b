using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>Makes streams with the windows that both sides' SETTINGS give them at this moment.</summary>
internal sealed class StreamFactory
{
    private readonly SettingsExchange _settings;
    private readonly SendScheduler _scheduler;

    public StreamFactory(SettingsExchange settings, SendScheduler scheduler)
    {
        _settings = settings;
        _scheduler = scheduler;
    }

    public Http2Stream Create(int id) => new(id, _scheduler.Connection, _settings.Peer.InitialWindowSize, _settings.StreamWindow);
}
