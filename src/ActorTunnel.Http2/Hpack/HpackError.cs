namespace ActorTunnel.Http2.Hpack;

/// <summary>Why a header block cannot be decoded. Each is a connection error COMPRESSION_ERROR (RFC 9113 §4.3).</summary>
public enum HpackError
{
    /// <summary>No error.</summary>
    None,

    /// <summary>The block ends inside an integer, a string or a field.</summary>
    Truncated,

    /// <summary>An integer of more than five octets after its prefix, or over 2^31−1 (RFC 7541 §5.1).</summary>
    IntegerTooLong,

    /// <summary>Index 0, or one past the end of the dynamic table (RFC 7541 §2.3.3, §6.1).</summary>
    InvalidIndex,

    /// <summary>A Huffman-encoded string contains the EOS symbol (RFC 7541 §5.2).</summary>
    HuffmanEndOfString,

    /// <summary>Huffman padding of more than seven bits, or not all ones (RFC 7541 §5.2).</summary>
    HuffmanPadding,

    /// <summary>A size update above the maximum that we acknowledged or demanded (RFC 7541 §4.2, §6.3).</summary>
    SizeUpdateTooLarge,

    /// <summary>A size update after the first field of a block (RFC 7541 §4.2).</summary>
    SizeUpdateMisplaced,

    /// <summary>A third size update in a block (RFC 7541 §4.2).</summary>
    TooManySizeUpdates,

    /// <summary>The maximum was reduced, and the next block does not start with a size update (RFC 9113 §4.3.1).</summary>
    MissingSizeUpdate,
}
