using System.Buffers;

namespace ActorTunnel.Transport.Heads;

/// <summary>The character classes of RFC 9110 §5.5 and §5.6.2, over octets.</summary>
internal static class HttpCharacters
{
    private static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    public static bool IsToken(byte octet) => Token.Contains(octet);

    /// <summary>One token character or more, and nothing else.</summary>
    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    /// <summary>One visible ASCII character or more, and nothing else.</summary>
    public static bool IsVisible(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'!', (byte)'~');

    /// <summary>Visible ASCII, blanks, tabs, and octets past ASCII, which RFC 9110 wants passed over as opaque.</summary>
    public static bool IsFieldContent(ReadOnlySpan<byte> text)
    {
        foreach (var octet in text)
        {
            if (octet is < (byte)' ' and not (byte)'\t' or 0x7F)
            {
                return false;
            }
        }

        return true;
    }
}
