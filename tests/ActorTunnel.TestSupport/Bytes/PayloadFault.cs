namespace ActorTunnel.TestSupport.Bytes;

/// <summary>What went wrong with received bytes.</summary>
public enum PayloadFaultKind
{
    /// <summary>Bytes differ from those sent, and what follows them is in its place.</summary>
    Changed,

    /// <summary>Bytes are missing.</summary>
    Lost,

    /// <summary>Bytes came again.</summary>
    Doubled,

    /// <summary>Bytes of another tunnel, or of this tunnel's other direction.</summary>
    CrossedOver,

    /// <summary>Bytes in which no block was recognised.</summary>
    Unknown,
}

/// <summary>The first place at which received bytes are not those that were sent.</summary>
/// <param name="Kind">What happened there.</param>
/// <param name="Expected">Whose bytes should have come.</param>
/// <param name="At">Offset of the first wrong byte.</param>
/// <param name="Found">Whose bytes came instead; null where unknown.</param>
/// <param name="FoundAt">Offset, in <paramref name="Found"/>, of the byte that came instead.</param>
public sealed record PayloadFault(PayloadFaultKind Kind, BlockPayload Expected, long At, BlockPayload? Found, long FoundAt)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Expected}: at offset {At} " + Kind switch
    {
        PayloadFaultKind.Changed => "a byte was changed",
        PayloadFaultKind.Lost => $"{FoundAt - At} bytes were lost",
        PayloadFaultKind.Doubled => $"the bytes from {FoundAt} on came again",
        PayloadFaultKind.CrossedOver => $"bytes of {Found} from its offset {FoundAt} came",
        _ => "came bytes of no tunnel",
    };
}
