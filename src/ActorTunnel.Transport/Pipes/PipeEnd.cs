namespace ActorTunnel.Transport.Pipes;

/// <summary>How one direction of a tunnel ended.</summary>
public enum PipeEnd
{
    /// <summary>It goes on.</summary>
    Open,

    /// <summary>END_STREAM or FIN: all bytes before it count.</summary>
    Clean,

    /// <summary>The TCP connection was reset or failed.</summary>
    ConnectionReset,

    /// <summary>The peer of the session sent RST_STREAM, or ended its HTTP/1.1 connection other than cleanly.</summary>
    StreamReset,

    /// <summary>The session was lost or failed.</summary>
    SessionLost,

    /// <summary>No byte went either way for too long.</summary>
    IdleTimeout,

    /// <summary>The drain of the process reached its deadline.</summary>
    Drained,

    /// <summary>We ended it for another reason: the actor that owned it stopped.</summary>
    Aborted,
}
