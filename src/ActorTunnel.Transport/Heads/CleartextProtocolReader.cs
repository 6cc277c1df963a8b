namespace ActorTunnel.Transport.Heads;

/// <summary>What a peer speaks on a connection without TLS.</summary>
public enum CleartextProtocol
{
    /// <summary>HTTP/2 with prior knowledge (RFC 9113 §3.3).</summary>
    Http2,

    /// <summary>Something that begins like an HTTP/1 request.</summary>
    Http1,

    /// <summary>A TLS record: the peer believes that there is TLS here.</summary>
    Tls,
}

/// <summary>Tells HTTP/2 from HTTP/1.1 by the first octets, without consuming them. RFC 9113 §3.4 chose the preface so that this is possible.</summary>
public static class CleartextProtocolReader
{
    private const byte HandshakeRecord = 22;

    /// <summary>The method PRI is reserved for HTTP/2's preface (RFC 9113 §11.3), so these octets decide.</summary>
    private static ReadOnlySpan<byte> Preface => "PRI "u8;

    /// <summary>Decides after one octet, for a request that begins with P after up to four.</summary>
    public static HeadParse<CleartextProtocol> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return HeadParse.Incomplete<CleartextProtocol>();
        }

        if (bytes[0] == HandshakeRecord)
        {
            return HeadParse.Complete(CleartextProtocol.Tls, 0);
        }

        // A blank or an empty line in front is bad HTTP/1.1, which has an answer.
        if (bytes[0] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            return HeadParse.Complete(CleartextProtocol.Http1, 0);
        }

        if (!HttpCharacters.IsToken(bytes[0]))
        {
            return HeadParse.Invalid<CleartextProtocol>("neither HTTP/2 nor HTTP/1.1");
        }

        var common = bytes.CommonPrefixLength(Preface);
        return common == Preface.Length ? HeadParse.Complete(CleartextProtocol.Http2, 0)
            : common == bytes.Length ? HeadParse.Incomplete<CleartextProtocol>()
            : HeadParse.Complete(CleartextProtocol.Http1, 0);
    }
}
