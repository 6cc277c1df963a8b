namespace ActorTunnel.Http2.Hpack;

/// <summary>
/// A header field (RFC 7541 §1.3). Each char of name and value stands for one octet, 0–255 (latin-1); which octets a name or value
/// may have is RFC 9113 §8.2's rule and not checked here.
/// </summary>
/// <param name="Name">As on the wire; HTTP/2 asks for lower case.</param>
/// <param name="Value">As on the wire.</param>
/// <param name="NeverIndexed">
/// Received as, or to be sent as, a literal that no hop may put into a table (RFC 7541 §6.2.3, §7.1.3).
/// </param>
public readonly record struct HeaderField(string Name, string Value, bool NeverIndexed = false)
{
    /// <summary>What an entry costs beyond its octets (RFC 7541 §4.1).</summary>
    public const int Overhead = 32;

    /// <summary>Size in octets as RFC 7541 §4.1 counts an entry and RFC 9113 §6.5.2 counts a field of a header list.</summary>
    public int Size => Name.Length + Value.Length + Overhead;
}
