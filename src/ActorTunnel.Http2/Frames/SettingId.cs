namespace ActorTunnel.Http2.Frames;

/// <summary>The settings of RFC 9113 §6.5.2 and RFC 8441 §3. An unknown one is ignored.</summary>
public enum SettingId : ushort
{
    /// <summary>Bytes of HPACK dynamic table that the sender's decoder keeps; 4,096 at first.</summary>
    HeaderTableSize = 0x1,

    /// <summary>Whether the sender takes PUSH_PROMISE, 0 or 1.</summary>
    EnablePush = 0x2,

    /// <summary>Streams that the receiver may have open at once; unlimited at first.</summary>
    MaxConcurrentStreams = 0x3,

    /// <summary>Bytes of window that each stream starts with; 65,535 at first.</summary>
    InitialWindowSize = 0x4,

    /// <summary>Largest payload of a frame that the sender takes, 16,384 (at first) to 16,777,215.</summary>
    MaxFrameSize = 0x5,

    /// <summary>Advice: the largest field list that the sender takes, in bytes with 32 a field.</summary>
    MaxHeaderListSize = 0x6,

    /// <summary>Whether the sender takes extended CONNECT (RFC 8441), 0 or 1.</summary>
    EnableConnectProtocol = 0x8,
}

/// <summary>One entry of a SETTINGS frame.</summary>
public readonly record struct Setting(SettingId Id, uint Value);
