namespace ActorTunnel.Http2.Frames;

/// <summary>The frame types of RFC 9113 §6. Any other value is legal on the wire and ignored (§4.1).</summary>
public enum FrameType : byte
{
    /// <summary>§6.1</summary>
    Data = 0x0,

    /// <summary>§6.2</summary>
    Headers = 0x1,

    /// <summary>§6.3; deprecated, read and ignored.</summary>
    Priority = 0x2,

    /// <summary>§6.4</summary>
    ResetStream = 0x3,

    /// <summary>§6.5</summary>
    Settings = 0x4,

    /// <summary>§6.6; always refused.</summary>
    PushPromise = 0x5,

    /// <summary>§6.7</summary>
    Ping = 0x6,

    /// <summary>§6.8</summary>
    GoAway = 0x7,

    /// <summary>§6.9</summary>
    WindowUpdate = 0x8,

    /// <summary>§6.10</summary>
    Continuation = 0x9,
}
