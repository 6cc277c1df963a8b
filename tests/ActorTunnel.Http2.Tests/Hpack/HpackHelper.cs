using System.Buffers;
using ActorTunnel.Http2.Hpack;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>Blocks as hexadecimal text, and what the RFC's listings show of them.</summary>
internal static class HpackHelper
{
    /// <summary>Octets from hexadecimal digits; blanks are for the eye.</summary>
    public static byte[] Hex(string digits) => Convert.FromHexString(string.Concat(digits.Where(c => !char.IsWhiteSpace(c))));

    /// <summary>One field for each <c>name: value</c> line.</summary>
    public static HeaderField[] Fields(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Field)];

    /// <summary>Decodes a block that must be good.</summary>
    public static List<HeaderField> DecodeOk(this HpackDecoder decoder, ReadOnlySpan<byte> block)
    {
        var fields = new List<HeaderField>();
        Assert.Equal(HeaderListResult.Ok, decoder.Decode(block, fields));
        return fields;
    }

    /// <summary>Decodes a block, for its result only.</summary>
    public static HeaderListResult ResultOf(this HpackDecoder decoder, string hex) => decoder.Decode(Hex(hex), []);

    public static byte[] Encode(this HpackEncoder encoder, params HeaderField[] fields)
    {
        var output = new ArrayBufferWriter<byte>();
        encoder.Encode(fields, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Compares with entries written newest first, as in RFC 7541 Appendix C.</summary>
    public static void AssertIs(this DynamicTable table, int size, string lines)
    {
        Assert.Equal(Fields(lines), table.Entries());
        Assert.Equal(size, table.Size);
    }

    public static HeaderField[] Entries(this DynamicTable table) => [.. Enumerable.Range(0, table.Count).Select(i => table[i])];

    private static HeaderField Field(string line)
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        return new HeaderField(line[..colon], line[(colon + 2)..]);
    }
}
