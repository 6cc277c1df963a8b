namespace ActorTunnel.Proxy.Tunnels;

/// <summary>How one direction of a tunnel ended.</summary>
public enum TunnelEndKind
{
    /// <summary>FIN or END_STREAM, passed on after every byte before it.</summary>
    Clean,

    /// <summary>Anything else: what was on its way may be lost.</summary>
    Reset,
}

/// <summary>Why a direction ended, as far as it is more than what the guilty side sent.</summary>
public enum TunnelEndReason
{
    /// <summary>The side itself ended it: FIN, END_STREAM, TCP RST or RST_STREAM.</summary>
    None,

    /// <summary>No byte either way for <c>idle-timeout</c>.</summary>
    IdleTimeout,

    /// <summary>The same for <c>half-closed-idle-timeout</c>, after the other direction had ended.</summary>
    HalfClosedIdleTimeout,

    /// <summary>The drain's deadline came before the tunnel's end.</summary>
    Drain,

    /// <summary>The HTTP/2 session ended with an error, by a TCP or TLS end, or because its peer fell silent.</summary>
    SessionLost,

    /// <summary>There never was a tunnel; the access log's failure says why.</summary>
    ConnectFailed,

    /// <summary>The peer broke RFC 9113 on this stream.</summary>
    ProtocolError,

    /// <summary>A limit of this process was met.</summary>
    LimitReached,

    /// <summary>A defect here; the log has the exception.</summary>
    InternalError,
}

/// <summary>The end of one direction of a tunnel and who brought it about.</summary>
public readonly record struct TunnelEnd
{
    private TunnelEnd(TunnelEndKind kind, GuiltySide by, TunnelEndReason reason)
    {
        Kind = kind;
        By = by;
        Reason = reason;
    }

    public TunnelEndKind Kind { get; }

    public GuiltySide By { get; }

    public TunnelEndReason Reason { get; }

    /// <summary>The sender said that it was done, and the receiver was told so after the last byte.</summary>
    public static TunnelEnd Clean(GuiltySide by) => new(TunnelEndKind.Clean, by, TunnelEndReason.None);

    /// <summary>A side reset the tunnel itself.</summary>
    public static TunnelEnd ResetBy(GuiltySide by) => new(TunnelEndKind.Reset, by, TunnelEndReason.None);

    /// <summary>The tunnel was reset for a reason that is more than a reset received.</summary>
    public static TunnelEnd ResetBy(GuiltySide by, TunnelEndReason reason) => new(TunnelEndKind.Reset, by, reason);

    /// <summary>As in the access log: <c>clean/upstream</c>, <c>reset/us:idle-timeout</c>.</summary>
    public override string ToString()
    {
        var kind = Kind == TunnelEndKind.Clean ? "clean" : "reset";
        var by = By switch
        {
            GuiltySide.Downstream => "downstream",
            GuiltySide.Session => "session",
            GuiltySide.Upstream => "upstream",
            _ => "us",
        };
        return Reason == TunnelEndReason.None ? $"{kind}/{by}" : $"{kind}/{by}:{Token(Reason)}";
    }

    private static string Token(TunnelEndReason reason) => reason switch
    {
        TunnelEndReason.IdleTimeout => "idle-timeout",
        TunnelEndReason.HalfClosedIdleTimeout => "half-closed-idle-timeout",
        TunnelEndReason.Drain => "drain",
        TunnelEndReason.SessionLost => "session-lost",
        TunnelEndReason.ConnectFailed => "connect-failed",
        TunnelEndReason.ProtocolError => "protocol-error",
        TunnelEndReason.LimitReached => "limit-reached",
        TunnelEndReason.InternalError => "internal-error",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
