namespace ActorTunnel.Http2.Frames;

/// <summary>What an error ends (RFC 9113 §5.4).</summary>
public enum ErrorScope
{
    /// <summary>No error.</summary>
    None,

    /// <summary>One stream; it is answered with RST_STREAM.</summary>
    Stream,

    /// <summary>The connection; it is answered with GOAWAY.</summary>
    Connection,
}

/// <summary>
/// A rule that the peer broke: a value, because a peer's mistake is expected. <see cref="Detail"/> is a constant text for the log and
/// for GOAWAY's debug data; it never holds bytes that the peer sent.
/// </summary>
public readonly record struct Http2Error(ErrorScope Scope, ErrorCode Code, string Detail)
{
    /// <summary>No rule was broken.</summary>
    public static Http2Error None => default;

    /// <summary>Whether no rule was broken.</summary>
    public bool IsNone => Scope == ErrorScope.None;

    /// <summary>An error that ends the connection.</summary>
    public static Http2Error Connection(ErrorCode code, string detail) => new(ErrorScope.Connection, code, detail);

    /// <summary>An error that ends the stream of the frame under way.</summary>
    public static Http2Error Stream(ErrorCode code, string detail) => new(ErrorScope.Stream, code, detail);
}
