namespace ActorTunnel.Http2.Frames;

/// <summary>Frame flags. One bit means different things on different types: ACK and END_STREAM are both 0x1.</summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0x0,

    /// <summary>DATA, HEADERS: the last frame of its direction (but CONTINUATION may follow HEADERS).</summary>
    EndStream = 0x1,

    /// <summary>SETTINGS, PING: an acknowledgement.</summary>
    Ack = EndStream,

    /// <summary>HEADERS, CONTINUATION, PUSH_PROMISE: the field block ends here.</summary>
    EndHeaders = 0x4,

    /// <summary>DATA, HEADERS, PUSH_PROMISE: a pad length stands in front, the padding behind.</summary>
    Padded = 0x8,

    /// <summary>HEADERS: five bytes of deprecated priority stand in front of the block.</summary>
    Priority = 0x20,
}
