namespace ActorTunnel.Http2.Frames;

/// <summary>
/// The error codes of RFC 9113 §7. A peer may send any other value; it is passed on as it is and has no special meaning.
/// </summary>
public enum ErrorCode : uint
{
    /// <summary>Not a result of an error.</summary>
    NoError = 0x0,

    /// <summary>An unspecific violation of the protocol.</summary>
    ProtocolError = 0x1,

    /// <summary>The endpoint met an internal error.</summary>
    InternalError = 0x2,

    /// <summary>The peer oversteps a flow-control window.</summary>
    FlowControlError = 0x3,

    /// <summary>SETTINGS were not acknowledged in time.</summary>
    SettingsTimeout = 0x4,

    /// <summary>A frame came on a stream that is half-closed or closed.</summary>
    StreamClosed = 0x5,

    /// <summary>A frame has an illegal size.</summary>
    FrameSizeError = 0x6,

    /// <summary>The stream was not processed at all; it is safe to try again.</summary>
    RefusedStream = 0x7,

    /// <summary>The stream is not needed any more.</summary>
    Cancel = 0x8,

    /// <summary>The field compression state cannot be maintained.</summary>
    CompressionError = 0x9,

    /// <summary>The TCP connection behind a CONNECT was reset or closed abnormally.</summary>
    ConnectError = 0xa,

    /// <summary>The peer may be causing excessive load.</summary>
    EnhanceYourCalm = 0xb,

    /// <summary>The transport's security is below the minimum.</summary>
    InadequateSecurity = 0xc,

    /// <summary>HTTP/1.1 is required.</summary>
    Http11Required = 0xd,
}
