namespace ActorTunnel.Http2.Streams;

/// <summary>
/// The states of a stream (RFC 9113 §5.1). The two reserved states belong to server push, which is never enabled here, and are left out.
/// <code>
///                      +--------+
///          send HEADERS|        |receive HEADERS
///              ,-------|  idle  |-------.
///              |       +--------+       |
///              |                        |
///              |       +--------+       |
///              `------>|        |&lt;------'
///                      |  open  |
///    receive END_STREAM|        |send END_STREAM
///              ,-------|        |-------.
///              v       +--------+       v
///        +----------+      |      +----------+
///        |   half-  |      |      |   half-  |
///        |  closed  |      |      |  closed  |
///        | (remote) |      |      | (local)  |
///        +----------+      |      +----------+
///              |           |            |
///              |send       |RST_STREAM  |receive
///              |END_STREAM |either way  |END_STREAM
///              |or RST     v            |or RST
///              |       +--------+       |
///              `------>| closed |&lt;------'
///                      +--------+
/// </code>
/// </summary>
public enum StreamState
{
    /// <summary>Its first HEADERS were neither sent nor received.</summary>
    Idle,

    /// <summary>Both directions may carry DATA.</summary>
    Open,

    /// <summary>We sent END_STREAM; the peer may still send.</summary>
    HalfClosedLocal,

    /// <summary>The peer sent END_STREAM; we may still send.</summary>
    HalfClosedRemote,

    /// <summary>Ended both ways, or reset by either side.</summary>
    Closed,
}

/// <summary>What moves a stream. HEADERS with END_STREAM are two inputs, one after the other.</summary>
public enum StreamInput
{
    /// <summary>We send HEADERS.</summary>
    SendHeaders,

    /// <summary>The peer's HEADERS came.</summary>
    ReceiveHeaders,

    /// <summary>We send DATA.</summary>
    SendData,

    /// <summary>The peer's DATA came.</summary>
    ReceiveData,

    /// <summary>We send END_STREAM.</summary>
    SendEndStream,

    /// <summary>The peer's END_STREAM came.</summary>
    ReceiveEndStream,

    /// <summary>We send RST_STREAM.</summary>
    SendReset,

    /// <summary>The peer's RST_STREAM came.</summary>
    ReceiveReset,
}
