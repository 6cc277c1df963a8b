namespace ActorTunnel.Http2.Session;

/// <summary>
/// The 24 bytes that a client sends first (RFC 9113 §3.4), and a guess at what a peer speaks that begins with others.
/// </summary>
internal sealed class ConnectionPreface
{
    private readonly byte[] _seen = new byte[Magic.Length];
    private int _length;

    public static ReadOnlySpan<byte> Magic => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Bytes still to be seen.</summary>
    public int Missing => Magic.Length - _length;

    /// <summary>Takes the next bytes, at most <see cref="Missing"/>. False as soon as one of them is wrong.</summary>
    public bool Take(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_seen.AsSpan(_length));
        _length += bytes.Length;
        return Magic.StartsWith(_seen.AsSpan(0, _length));
    }

    /// <summary>What the bytes seen so far look like.</summary>
    public ForeignProtocol Guess() => Guess(_seen.AsSpan(0, _length));

    /// <summary>What the first bytes of a connection look like; a word that is cut is taken for the word.</summary>
    public static ForeignProtocol Guess(ReadOnlySpan<byte> start)
    {
        // A handshake record or an alert, of any version.
        if (start.Length > 0 && start[0] is 0x16 or 0x15 && (start.Length == 1 || start[1] == 0x03))
        {
            return ForeignProtocol.Tls;
        }

        return Begins(start, "GET "u8) || Begins(start, "CONNECT "u8) || Begins(start, "POST "u8) || Begins(start, "PUT "u8)
            || Begins(start, "HEAD "u8) || Begins(start, "OPTIONS "u8) || Begins(start, "DELETE "u8) || Begins(start, "PATCH "u8)
            || Begins(start, "TRACE "u8) || Begins(start, "HTTP/1."u8)
            ? ForeignProtocol.Http1
            : ForeignProtocol.Unknown;
    }

    private static bool Begins(ReadOnlySpan<byte> start, ReadOnlySpan<byte> word) =>
        start.Length > 0 && start[..Math.Min(start.Length, word.Length)].SequenceEqual(word[..Math.Min(start.Length, word.Length)]);
}
