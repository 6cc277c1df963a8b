namespace ActorTunnel.Http2.Hpack;

/// <summary>How the decoding of a Huffman-encoded string ended.</summary>
internal enum HuffmanOutcome
{
    Ok,

    /// <summary>The string is longer than the destination.</summary>
    DestinationTooSmall,

    /// <summary>The EOS symbol was found.</summary>
    EndOfString,

    /// <summary>What follows the last symbol is longer than seven bits, or not all ones.</summary>
    Padding,
}

/// <summary>
/// Decodes Huffman-encoded strings (RFC 7541 §5.2), four bits a step.
/// <para>
/// A state is an inner node of the code tree: the bits since the last whole symbol. As the shortest code has five bits, four bits end
/// at most one symbol. The code has 257 leaves and so 256 inner nodes; the table of 256 × 16 entries stays in the first-level cache.
/// </para>
/// </summary>
internal static class HuffmanDecoder
{
    private const int Root = 0;
    private const int InnerNodes = HuffmanCode.SymbolCount - 1;

    // An entry: the symbol in bits 0–7, the next state in bits 8–15, and two flags.
    private const int NextShift = 8;
    private const uint Emits = 1u << 16;
    private const uint EndsString = 1u << 17;

    private static readonly (uint[] Steps, bool[] MayEnd) s_table = BuildTable();

    /// <summary>Octets that a string of <paramref name="encodedLength"/> octets has at most.</summary>
    public static long MaxDecodedLength(int encodedLength) => encodedLength * 8L / HuffmanCode.MinLength;

    /// <summary>Decodes a whole string.</summary>
    /// <param name="source">The encoded octets.</param>
    /// <param name="destination">Where the octets go; all of it may be overwritten.</param>
    /// <param name="written">How many went there.</param>
    public static HuffmanOutcome Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        var (steps, mayEnd) = s_table;
        var state = Root;
        written = 0;
        foreach (var octet in source)
        {
            for (var shift = 4; shift >= 0; shift -= 4)
            {
                var step = steps[(state << 4) | ((octet >> shift) & 0xf)];
                if ((step & (Emits | EndsString)) != 0)
                {
                    if ((step & EndsString) != 0)
                    {
                        return HuffmanOutcome.EndOfString;
                    }

                    if (written == destination.Length)
                    {
                        return HuffmanOutcome.DestinationTooSmall;
                    }

                    destination[written++] = (byte)step;
                }

                state = (int)(step >> NextShift) & 0xff;
            }
        }

        return mayEnd[state] ? HuffmanOutcome.Ok : HuffmanOutcome.Padding;
    }

    private static (uint[] Steps, bool[] MayEnd) BuildTable()
    {
        var children = BuildTree();
        var steps = new uint[InnerNodes * 16];
        for (var state = 0; state < InnerNodes; state++)
        {
            for (var bits = 0; bits < 16; bits++)
            {
                steps[(state << 4) | bits] = Walk(children, state, bits);
            }
        }

        // A string may end where the bits since the last symbol are at most seven ones, which is padding.
        var mayEnd = new bool[InnerNodes];
        for (int ones = 0, node = Root; ones <= 7; ones++, node = children[node, 1])
        {
            mayEnd[node] = true;
        }

        return (steps, mayEnd);
    }

    private static uint Walk(int[,] children, int node, int bits)
    {
        var emitted = 0u;
        for (var shift = 3; shift >= 0; shift--)
        {
            var child = children[node, (bits >> shift) & 1];
            if (child >= 0)
            {
                node = child;
                continue;
            }

            if (~child == HuffmanCode.EndOfString)
            {
                return EndsString;
            }

            emitted = Emits | (uint)~child;
            node = Root;
        }

        return emitted | ((uint)node << NextShift);
    }

    /// <summary>For each inner node and bit: the inner node below, or the complement of the symbol of a leaf.</summary>
    private static int[,] BuildTree()
    {
        var children = new int[InnerNodes, 2];
        var nodes = 1;
        for (var symbol = 0; symbol < HuffmanCode.SymbolCount; symbol++)
        {
            var code = HuffmanCode.Codes[symbol];
            var node = Root;
            for (var shift = HuffmanCode.Lengths[symbol] - 1; shift > 0; shift--)
            {
                var bit = (int)(code >> shift) & 1;
                if (children[node, bit] == 0)
                {
                    children[node, bit] = nodes++;
                }

                node = children[node, bit];
            }

            children[node, (int)code & 1] = ~symbol;
        }

        return children;
    }
}
