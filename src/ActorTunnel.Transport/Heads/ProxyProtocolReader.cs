namespace ActorTunnel.Transport.Heads;

/// <summary>
/// Reads a PROXY protocol header of either version, as proxy-protocol.txt of HAProxy defines it. A header is believed by whoever asks for it, so this is only for listeners
/// that nobody but trusted proxies can reach.
/// </summary>
public static class ProxyProtocolReader
{
    /// <summary>Enough for any header that is read.</summary>
    public const int MaxBytes = ProxyProtocolV2.MaxBytes;

    /// <summary>A header has to come.</summary>
    public static HeadParse<ProxyHeader> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return HeadParse.Incomplete<ProxyHeader>();
        }

        return bytes[0] == ProxyProtocolV2.Signature[0] ? ProxyProtocolV2.Read(bytes) : ProxyProtocolV1.Read(bytes);
    }

    /// <summary>
    /// A header may come. Where the first bytes are no header's, nothing is consumed; once they are one's, it has to be right.
    /// </summary>
    public static HeadParse<OptionalProxyHeader> ReadOptional(ReadOnlySpan<byte> bytes)
    {
        if (!MayBegin(bytes, ProxyProtocolV1.Signature) && !MayBegin(bytes, ProxyProtocolV2.Signature))
        {
            return HeadParse.Complete(new OptionalProxyHeader(null), 0);
        }

        var header = Read(bytes);
        return header.Status switch
        {
            HeadStatus.Complete => HeadParse.Complete(new OptionalProxyHeader(header.Value), header.Consumed),
            HeadStatus.Invalid => HeadParse.Invalid<OptionalProxyHeader>(header.Reason!),
            _ => HeadParse.Incomplete<OptionalProxyHeader>(),
        };
    }

    /// <summary>Whether the bytes so far are those of the signature.</summary>
    internal static bool MayBegin(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        var common = Math.Min(bytes.Length, signature.Length);
        return bytes[..common].SequenceEqual(signature[..common]);
    }
}
