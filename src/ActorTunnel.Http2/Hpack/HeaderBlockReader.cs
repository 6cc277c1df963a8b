using System.Buffers;
using System.Text;

namespace ActorTunnel.Http2.Hpack;

/// <summary>Reads the primitives of RFC 7541 §5 from a header block, one after the other.</summary>
internal ref struct HeaderBlockReader(ReadOnlySpan<byte> block)
{
    private const int StackScratch = 512;

    private ReadOnlySpan<byte> _rest = block;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>The next octet of a block that is not at its end; it is not consumed.</summary>
    public readonly byte Next => _rest[0];

    /// <summary>Reads an integer whose prefix is the low <paramref name="prefixBits"/> bits of the next octet.</summary>
    public HeaderListResult ReadInteger(int prefixBits, out int value)
    {
        var error = IntegerCodec.Read(_rest, prefixBits, out value, out var consumed);
        _rest = _rest[consumed..];
        return error == HpackError.None ? HeaderListResult.Ok : HeaderListResult.Failed(error);
    }

    /// <summary>
    /// Reads a string literal. One of more than <paramref name="maxLength"/> octets is <see cref="HeaderListOutcome.Excessive"/>, and no
    /// memory is spent on what is beyond.
    /// </summary>
    public HeaderListResult ReadString(int maxLength, out string text)
    {
        text = "";
        var huffman = !AtEnd && (Next & 0x80) != 0;
        var read = ReadInteger(7, out var length);
        if (read.IsFatal)
        {
            return read;
        }

        if (length > _rest.Length)
        {
            return HeaderListResult.Failed(HpackError.Truncated);
        }

        var octets = _rest[..length];
        _rest = _rest[length..];
        if (huffman)
        {
            return DecodeHuffman(octets, maxLength, out text);
        }

        if (length > maxLength)
        {
            return HeaderListResult.Excessive;
        }

        text = Encoding.Latin1.GetString(octets);
        return HeaderListResult.Ok;
    }

    private static HeaderListResult DecodeHuffman(ReadOnlySpan<byte> octets, int maxLength, out string text)
    {
        text = "";
        var capacity = (int)Math.Min(HuffmanDecoder.MaxDecodedLength(octets.Length), maxLength);
        byte[]? rented = null;
        var scratch = capacity <= StackScratch
            ? stackalloc byte[StackScratch]
            : rented = ArrayPool<byte>.Shared.Rent(capacity);

        var outcome = HuffmanDecoder.Decode(octets, scratch[..capacity], out var written);
        if (outcome == HuffmanOutcome.Ok)
        {
            text = Encoding.Latin1.GetString(scratch[..written]);
        }

        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return outcome switch
        {
            HuffmanOutcome.Ok => HeaderListResult.Ok,
            HuffmanOutcome.DestinationTooSmall => HeaderListResult.Excessive,
            HuffmanOutcome.EndOfString => HeaderListResult.Failed(HpackError.HuffmanEndOfString),
            _ => HeaderListResult.Failed(HpackError.HuffmanPadding),
        };
    }
}
