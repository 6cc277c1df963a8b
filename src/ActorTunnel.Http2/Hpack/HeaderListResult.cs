namespace ActorTunnel.Http2.Hpack;

/// <summary>How the decoding of a header block ended, from harmless to fatal.</summary>
public enum HeaderListOutcome
{
    /// <summary>The list is whole.</summary>
    Ok,

    /// <summary>
    /// The list is over <see cref="HeaderListLimits.MaxFields"/> or <see cref="HeaderListLimits.MaxSize"/>: only its first fields were
    /// stored. The dynamic table is right and the session goes on; the stream is answered with 431.
    /// </summary>
    TooLarge,

    /// <summary>
    /// The list is past <see cref="HeaderListLimits.ExcessiveFields"/> or <see cref="HeaderListLimits.ExcessiveSize"/>: decoding
    /// stopped, and the session must be closed.
    /// </summary>
    Excessive,

    /// <summary>The block is malformed: COMPRESSION_ERROR, and the session must be closed.</summary>
    Error,
}

/// <summary>The result of <see cref="HpackDecoder.Decode"/>.</summary>
public readonly record struct HeaderListResult
{
    private HeaderListResult(HeaderListOutcome outcome, HpackError error = HpackError.None)
    {
        Outcome = outcome;
        Error = error;
    }

    /// <inheritdoc cref="HeaderListOutcome.Ok"/>
    public static HeaderListResult Ok => default;

    /// <inheritdoc cref="HeaderListOutcome.TooLarge"/>
    public static HeaderListResult TooLarge => new(HeaderListOutcome.TooLarge);

    /// <inheritdoc cref="HeaderListOutcome.Excessive"/>
    public static HeaderListResult Excessive => new(HeaderListOutcome.Excessive);

    /// <summary>How it ended.</summary>
    public HeaderListOutcome Outcome { get; }

    /// <summary>The cause of <see cref="HeaderListOutcome.Error"/>; <see cref="HpackError.None"/> with every other outcome.</summary>
    public HpackError Error { get; }

    /// <summary>Whether the dynamic table no longer agrees with the peer's, so that no later block can be decoded.</summary>
    public bool IsFatal => Outcome is HeaderListOutcome.Excessive or HeaderListOutcome.Error;

    /// <inheritdoc cref="HeaderListOutcome.Error"/>
    public static HeaderListResult Failed(HpackError error) => new(HeaderListOutcome.Error, error);
}
