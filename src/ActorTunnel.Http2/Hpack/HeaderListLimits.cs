namespace ActorTunnel.Http2.Hpack;

/// <summary>
/// How large a decoded header list may be. A few octets on the wire can stand for a large entry of the dynamic table, so the encoded
/// size says nothing about the decoded one: both the octets and the fields are counted while decoding (CVE-2016-6581), and every field
/// counts, empty ones and the crumbs of a split cookie too (CVE-2026-49975).
/// </summary>
public sealed record HeaderListLimits
{
    /// <summary>64 fields and 16 KiB; 1,000 fields and 64 KiB end the session.</summary>
    public static HeaderListLimits Default { get; } = new();

    /// <summary>Most fields of a list that is served. A CONNECT has a handful.</summary>
    public int MaxFields { get; init; } = 64;

    /// <summary>Most octets of a list that is served, 32 added for each field (RFC 9113 §6.5.2).</summary>
    public int MaxSize { get; init; } = 16 * 1024;

    /// <summary>Most fields of a list that is decoded to its end, which keeps the session alive for the 431.</summary>
    public int ExcessiveFields { get; init; } = 1_000;

    /// <summary>Most octets of a list that is decoded to its end, counted like <see cref="MaxSize"/>.</summary>
    public int ExcessiveSize { get; init; } = 64 * 1024;
}
