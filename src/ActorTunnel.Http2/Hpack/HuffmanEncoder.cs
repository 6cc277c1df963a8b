using System.Buffers.Binary;

namespace ActorTunnel.Http2.Hpack;

/// <summary>Encodes strings with the Huffman code (RFC 7541 §5.2).</summary>
internal static class HuffmanEncoder
{
    /// <summary>Octets that <paramref name="text"/> takes when encoded, padding included.</summary>
    public static int EncodedLength(ReadOnlySpan<char> text)
    {
        var lengths = HuffmanCode.Lengths;
        var bits = 0L;
        foreach (var octet in text)
        {
            bits += lengths[octet];
        }

        return checked((int)((bits + 7) / 8));
    }

    /// <summary>Writes the code of each char, then ones up to the end of the octet.</summary>
    /// <param name="text">Chars up to 255.</param>
    /// <param name="destination">Exactly <see cref="EncodedLength"/> octets or more.</param>
    public static void Encode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        var codes = HuffmanCode.Codes;
        var lengths = HuffmanCode.Lengths;
        var written = 0;
        var pending = 0UL; // The low pendingBits bits are not written yet; what lies above them is, and shifts out.
        var pendingBits = 0;
        foreach (var octet in text)
        {
            pending = (pending << lengths[octet]) | codes[octet];
            pendingBits += lengths[octet];
            if (pendingBits >= 32)
            {
                pendingBits -= 32;
                BinaryPrimitives.WriteUInt32BigEndian(destination[written..], (uint)(pending >> pendingBits));
                written += 4;
            }
        }

        // EOS is all ones, so padding with its first bits is padding with ones.
        var padding = -pendingBits & 7;
        pending = (pending << padding) | ((1UL << padding) - 1);
        pendingBits += padding;
        while (pendingBits > 0)
        {
            pendingBits -= 8;
            destination[written++] = (byte)(pending >> pendingBits);
        }
    }
}
