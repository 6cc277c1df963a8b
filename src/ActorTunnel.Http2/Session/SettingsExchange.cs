using ActorTunnel.Http2.Frames;
using ActorTunnel.Http2.Hpack;
using ActorTunnel.Http2.Streams;

namespace ActorTunnel.Http2.Session;

/// <summary>
/// Both sides' SETTINGS (RFC 9113 §6.5): what we announced and since when it is in force, and what the peer announced, which is applied
/// and acknowledged at once.
/// </summary>
internal sealed class SettingsExchange
{
    private readonly SessionRole _role;
    private readonly SessionSettings _own;
    private readonly FrameWriter _writer;
    private readonly PeerReplies _replies;
    private readonly StreamTable _streams;
    private readonly SendScheduler _scheduler;
    private readonly ReceiveFlow _flow;
    private readonly WindowGrowth _growth;
    private readonly HpackEncoder _encoder;
    private readonly SessionEvents _events;
    private SettingsValues _peer = new();

    public SettingsExchange(
        SessionRole role,
        SessionSettings own,
        FrameWriter writer,
        PeerReplies replies,
        StreamTable streams,
        SendScheduler scheduler,
        ReceiveFlow flow,
        WindowGrowth growth,
        HpackEncoder encoder,
        SessionEvents events)
    {
        _role = role;
        _own = own;
        _writer = writer;
        _replies = replies;
        _streams = streams;
        _scheduler = scheduler;
        _flow = flow;
        _growth = growth;
        _encoder = encoder;
        _events = events;
    }

    /// <summary>What the peer announced, or the initial values before it did.</summary>
    public SettingsValues Peer => _peer;

    /// <summary>Whether the peer's first SETTINGS came.</summary>
    public bool IsPeerKnown { get; private set; }

    /// <summary>Whether the peer acknowledged ours.</summary>
    public bool IsAcknowledged { get; private set; }

    /// <summary>
    /// The largest frame that we take. In force from the start and not from the acknowledgement: it is never below the initial value, and a
    /// peer may well write a large frame before its acknowledgement.
    /// </summary>
    public int MaxFrameSize => _own.MaxFrameSize;

    /// <summary>The window that a new stream gets: ours once the peer acknowledged it, before that the initial one.</summary>
    public int StreamWindow => IsAcknowledged ? _own.StreamWindow : FlowWindow.Initial;

    /// <summary>Queues our SETTINGS.</summary>
    public void Announce()
    {
        Span<Setting> settings = stackalloc Setting[5];
        var count = 0;
        if (_role == SessionRole.Client)
        {
            settings[count++] = new Setting(SettingId.EnablePush, 0);
        }
        else
        {
            settings[count++] = new Setting(SettingId.MaxConcurrentStreams, (uint)_own.MaxConcurrentStreams);
        }

        settings[count++] = new Setting(SettingId.InitialWindowSize, (uint)_own.StreamWindow);
        settings[count++] = new Setting(SettingId.MaxFrameSize, (uint)_own.MaxFrameSize);
        settings[count++] = new Setting(SettingId.MaxHeaderListSize, (uint)_own.HeaderList.MaxSize);
        if (_role == SessionRole.Server && _own.EnableConnectProtocol)
        {
            settings[count++] = new Setting(SettingId.EnableConnectProtocol, 1);
        }

        _writer.Write(settings[..count]);
    }

    /// <summary>A SETTINGS frame came.</summary>
    public Http2Error Receive(SettingsFrame frame) => frame.Ack ? ReceiveAck() : ReceiveValues(frame);

    private Http2Error ReceiveAck()
    {
        if (IsAcknowledged)
        {
            return Http2Error.Connection(ErrorCode.ProtocolError, "an acknowledgement of SETTINGS that were not sent");
        }

        IsAcknowledged = true;
        foreach (var stream in _streams.Open)
        {
            _flow.Retarget(stream, _own.StreamWindow);
        }

        _growth.Begin();
        _events.Raise(SessionEvent.SettingsAcknowledged());
        return Http2Error.None;
    }

    private Http2Error ReceiveValues(SettingsFrame frame)
    {
        var oldWindow = _peer.InitialWindowSize;
        for (var i = 0; i < frame.Count; i++)
        {
            var setting = frame[i];
            var error = _peer.Apply(setting, fromServer: _role == SessionRole.Client);
            if (!error.IsNone)
            {
                return error;
            }

            // Each value and not the last one: the encoder must announce the smallest that was in force (RFC 7541 §4.2).
            if (setting.Id == SettingId.HeaderTableSize)
            {
                _encoder.SetPeerMaxTableSize(setting.Value);
            }
        }

        IsPeerKnown = true;
        _replies.AcknowledgeSettings();
        _events.Raise(SessionEvent.SettingsReceived());
        return _peer.InitialWindowSize == oldWindow
            ? Http2Error.None
            : _scheduler.MoveAll(_peer.InitialWindowSize - oldWindow);
    }
}
