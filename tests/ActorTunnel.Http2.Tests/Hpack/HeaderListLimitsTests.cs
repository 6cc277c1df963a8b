using ActorTunnel.Http2.Hpack;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>Header lists at and over the limits, and small blocks that stand for large lists.</summary>
public sealed class HeaderListLimitsTests
{
    private const int Overhead = 32;
    private readonly HpackDecoder _decoder = new();
    private readonly List<HeaderField> _fields = [];

    [Fact]
    public void A_list_of_64_fields_is_served_and_65_are_too_large()
    {
        Assert.Equal(HeaderListResult.Ok, _decoder.Decode(Repeated(0x82, 64), _fields));
        Assert.Equal(64, _fields.Count);

        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(Repeated(0x82, 65), _fields));
        Assert.Equal(64, _fields.Count);
    }

    [Fact]
    public void A_list_of_16_KiB_is_served_and_one_octet_more_is_too_large()
    {
        var encoder = new HpackEncoder();
        var fits = new HeaderField("a", new string('v', (16 * 1024) - 1 - Overhead));
        var over = fits with { Value = fits.Value + "v" };

        Assert.Equal(HeaderListResult.Ok, _decoder.Decode(encoder.Encode(fits), _fields));
        Assert.Equal([fits], _fields);
        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(encoder.Encode(over), _fields));
        Assert.Empty(_fields);
    }

    [Fact]
    public void Nothing_is_stored_after_the_first_field_over_the_limit()
    {
        var encoder = new HpackEncoder();
        var large = new HeaderField("a", new string('v', 17_000));

        var block = encoder.Encode(new HeaderField(":method", "GET"), large, new HeaderField(":path", "/"));

        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(block, _fields));
        Assert.Equal([new HeaderField(":method", "GET")], _fields);
    }

    [Fact]
    public void Empty_fields_count()
    {
        // 00 00 00: a literal without indexing, of no name and no value.
        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(Repeated([0, 0, 0], 65), _fields));
        Assert.Equal(HeaderListResult.Excessive, _decoder.Decode(Repeated([0, 0, 0], 1_001), _fields));
    }

    [Fact]
    public void Crumbs_of_a_cookie_count()
    {
        var crumbs = Enumerable.Range(0, 65).Select(_ => new HeaderField("cookie", "a=b")).ToArray();

        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(new HpackEncoder().Encode(crumbs), _fields));
    }

    [Fact]
    public void A_list_that_is_too_large_leaves_the_dynamic_table_right()
    {
        // The field that is indexed comes after the limit; the next block refers to it.
        byte[] block = [.. Repeated(0x82, 70), 0x40, 0x01, (byte)'a', 0x01, (byte)'b'];

        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(block, _fields));
        Assert.Equal([new HeaderField("a", "b")], _decoder.DecodeOk([0xbe]));
    }

    [Fact]
    public void An_error_beyond_the_limit_is_still_an_error()
    {
        byte[] block = [.. Repeated(0x82, 70), 0x80];

        Assert.Equal(HeaderListResult.Failed(HpackError.InvalidIndex), _decoder.Decode(block, _fields));
    }

    [Fact]
    public void A_list_of_1000_fields_is_decoded_to_its_end_and_1001_are_excessive()
    {
        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(Repeated(0x82, 1_000), _fields));
        Assert.Equal(HeaderListResult.Excessive, _decoder.Decode(Repeated(0x82, 1_001), _fields));
        Assert.Empty(_fields);
    }

    [Fact]
    public void A_list_of_64_KiB_is_decoded_to_its_end_and_one_octet_more_is_excessive()
    {
        var encoder = new HpackEncoder();
        var fits = new HeaderField("a", new string('v', (64 * 1024) - 1 - Overhead));
        var over = fits with { Value = fits.Value + "v" };

        Assert.Equal(HeaderListResult.TooLarge, _decoder.Decode(encoder.Encode(fits), _fields));
        Assert.Equal(HeaderListResult.Excessive, _decoder.Decode(encoder.Encode(over), _fields));
    }

    [Fact]
    public void Decoding_stops_where_the_list_becomes_excessive()
    {
        // An error stands after the field that is one too many; it is never seen.
        byte[] block = [.. Repeated(0x82, 1_001), 0x80];

        Assert.Equal(HeaderListResult.Excessive, _decoder.Decode(block, _fields));
        Assert.Equal(HeaderListResult.Excessive, _decoder.Decode([0x82], _fields));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_string_larger_than_a_list_may_be_costs_no_memory_of_its_size(bool huffman)
    {
        // 4 MiB of '0' as they are, or as their Huffman codes of five zeros, which are 6.4 MiB.
        const int length = 4 * 1024 * 1024;
        byte[] literal = new byte[length];
        Array.Fill(literal, huffman ? (byte)0 : (byte)'0');
        var prefix = new byte[IntegerCodec.MaxLength];
        var prefixLength = IntegerCodec.Write(prefix, huffman ? (byte)0x80 : (byte)0, 7, length);
        byte[] block = [0x00, 0x01, (byte)'a', .. prefix[..prefixLength], .. literal];

        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = _decoder.Decode(block, _fields);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(HeaderListResult.Excessive, result);
        Assert.InRange(allocated, 0, 256 * 1024);
    }

    [Fact]
    public void A_block_that_refers_to_a_big_entry_thousands_of_times_is_excessive_in_bounded_memory()
    {
        // An entry of nearly 4,096 octets, then 30,000 references of one octet: 120 MB of header fields.
        var value = new byte[4_000];
        Array.Fill(value, (byte)'v');
        var prefix = new byte[IntegerCodec.MaxLength];
        var prefixLength = IntegerCodec.Write(prefix, 0, 7, value.Length);
        byte[] bomb = [0x40, 0x01, (byte)'a', .. prefix[..prefixLength], .. value, .. Repeated(0xbe, 30_000)];

        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = _decoder.Decode(bomb, _fields);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(HeaderListResult.Excessive, result);
        Assert.InRange(allocated, 0, 64 * 1024);
        Assert.Empty(_fields);
    }

    [Fact]
    public void The_largest_Huffman_expansion_of_a_header_block_keeps_the_memory_budget()
    {
        // 32 KiB, the largest block that a session lets through, of five-bit codes.
        var prefix = new byte[IntegerCodec.MaxLength];
        var prefixLength = IntegerCodec.Write(prefix, 0x80, 7, 32_000);
        byte[] block = [0x00, 0x01, (byte)'a', .. prefix[..prefixLength], .. new byte[32_000]];

        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = _decoder.Decode(block, _fields);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(HeaderListResult.TooLarge, result);
        Assert.InRange(allocated, 0, (4 * block.Length) + (64 * 1024));
    }

    [Fact]
    public void Limits_can_be_set()
    {
        var decoder = new HpackDecoder(limits: new HeaderListLimits { MaxFields = 2, ExcessiveFields = 3 });

        Assert.Equal(HeaderListResult.Ok, decoder.Decode(Repeated(0x82, 2), _fields));
        Assert.Equal(HeaderListResult.TooLarge, decoder.Decode(Repeated(0x82, 3), _fields));
        Assert.Equal(HeaderListResult.Excessive, decoder.Decode(Repeated(0x82, 4), _fields));
    }

    private static byte[] Repeated(byte octet, int count) => Repeated([octet], count);

    private static byte[] Repeated(byte[] octets, int count) => [.. Enumerable.Repeat(octets, count).SelectMany(o => o)];
}
