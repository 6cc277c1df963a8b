namespace ActorTunnel.Http2.Session;

/// <summary>Which end of an HTTP/2 connection a session is.</summary>
public enum SessionRole
{
    /// <summary>Dialled, and opens streams.</summary>
    Client,

    /// <summary>Was dialled, and answers streams.</summary>
    Server,
}

/// <summary>What a peer seems to speak where it does not speak HTTP/2.</summary>
public enum ForeignProtocol
{
    /// <summary>It speaks HTTP/2, or nothing was said yet.</summary>
    None,

    /// <summary>An HTTP/1.x request or answer.</summary>
    Http1,

    /// <summary>A TLS record, where cleartext HTTP/2 is expected.</summary>
    Tls,

    /// <summary>Something else.</summary>
    Unknown,
}
