namespace ActorTunnel.Http2.Frames;

/// <summary>
/// The settings that one endpoint announced, with the initial values of RFC 9113 §6.5.2 for those it did not. Applying an entry checks
/// its value; after an error the values are not used any more.
/// </summary>
public record struct SettingsValues
{
    /// <summary>The smallest and first SETTINGS_MAX_FRAME_SIZE, 16,384.</summary>
    public const int MinMaxFrameSize = 16_384;

    /// <summary>The largest SETTINGS_MAX_FRAME_SIZE, 16,777,215.</summary>
    public const int MaxMaxFrameSize = 16_777_215;

    /// <summary>The initial values.</summary>
    public SettingsValues()
    {
    }

    /// <summary>SETTINGS_HEADER_TABLE_SIZE.</summary>
    public uint HeaderTableSize { get; private set; } = 4_096;

    /// <summary>SETTINGS_MAX_CONCURRENT_STREAMS.</summary>
    public uint MaxConcurrentStreams { get; private set; } = uint.MaxValue;

    /// <summary>SETTINGS_INITIAL_WINDOW_SIZE.</summary>
    public int InitialWindowSize { get; private set; } = 65_535;

    /// <summary>SETTINGS_MAX_FRAME_SIZE.</summary>
    public int MaxFrameSize { get; private set; } = MinMaxFrameSize;

    /// <summary>SETTINGS_ENABLE_CONNECT_PROTOCOL.</summary>
    public bool EnableConnectProtocol { get; private set; }

    /// <summary>
    /// Takes one entry over. ENABLE_PUSH is checked and not kept, since nobody pushes here; MAX_HEADER_LIST_SIZE is advice for a sender
    /// of large lists, and unknown settings are ignored (§6.5.2).
    /// </summary>
    /// <param name="setting">The entry.</param>
    /// <param name="fromServer">Whether a server sent it: it must not ask for push.</param>
    public Http2Error Apply(Setting setting, bool fromServer)
    {
        switch (setting.Id)
        {
            case SettingId.HeaderTableSize:
                HeaderTableSize = setting.Value;
                return Http2Error.None;

            case SettingId.EnablePush when setting.Value > 1 || (setting.Value == 1 && fromServer):
                return Http2Error.Connection(ErrorCode.ProtocolError, "an illegal value of ENABLE_PUSH");

            case SettingId.MaxConcurrentStreams:
                MaxConcurrentStreams = setting.Value;
                return Http2Error.None;

            case SettingId.InitialWindowSize when setting.Value > int.MaxValue:
                return Http2Error.Connection(ErrorCode.FlowControlError, "INITIAL_WINDOW_SIZE above 2^31-1");

            case SettingId.InitialWindowSize:
                InitialWindowSize = (int)setting.Value;
                return Http2Error.None;

            case SettingId.MaxFrameSize when setting.Value is < MinMaxFrameSize or > MaxMaxFrameSize:
                return Http2Error.Connection(ErrorCode.ProtocolError, "MAX_FRAME_SIZE outside 2^14 to 2^24-1");

            case SettingId.MaxFrameSize:
                MaxFrameSize = (int)setting.Value;
                return Http2Error.None;

            case SettingId.EnableConnectProtocol when setting.Value > 1:
                return Http2Error.Connection(ErrorCode.ProtocolError, "an illegal value of ENABLE_CONNECT_PROTOCOL");

            // RFC 8441 §3: once announced it stays.
            case SettingId.EnableConnectProtocol when setting.Value == 0 && EnableConnectProtocol:
                return Http2Error.Connection(ErrorCode.ProtocolError, "ENABLE_CONNECT_PROTOCOL was taken back");

            case SettingId.EnableConnectProtocol:
                EnableConnectProtocol = setting.Value == 1;
                return Http2Error.None;

            default:
                return Http2Error.None;
        }
    }
}
