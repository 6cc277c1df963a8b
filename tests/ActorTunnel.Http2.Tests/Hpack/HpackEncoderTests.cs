using System.Buffers;
using ActorTunnel.Http2.Hpack;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>The encoder's rules and choices: RFC 7541 §4.2, §6 and §7.1.</summary>
public sealed class HpackEncoderTests
{
    private readonly HpackEncoder _encoder = new();

    [Fact]
    public void An_empty_list_is_an_empty_block() => Assert.Empty(_encoder.Encode());

    [Fact]
    public void A_field_that_was_sent_is_an_index_of_one_octet()
    {
        var field = new HeaderField("custom-key", "custom-value");

        Assert.Equal(0x40, _encoder.Encode(field)[0]);
        Assert.Equal([0xbe], _encoder.Encode(field));
        _encoder.Table.AssertIs(54, "custom-key: custom-value");
    }

    [Fact]
    public void A_static_entry_is_preferred_to_a_dynamic_one_for_the_name()
    {
        _encoder.Encode(new HeaderField("via", "a"));

        Assert.Equal(0x40 | 60, _encoder.Encode(new HeaderField("via", "b"))[0]);
    }

    [Fact]
    public void A_name_is_taken_from_its_newest_dynamic_entry()
    {
        _encoder.Encode(new HeaderField("x-a", "1"), new HeaderField("x-a", "2"), new HeaderField("x-b", "1"));

        // x-b is 62, x-a: 2 is 63, x-a: 1 is 64.
        Assert.Equal(HpackHelper.Hex("7f 00 01 33"), _encoder.Encode(new HeaderField("x-a", "3")));
    }

    [Fact]
    public void A_name_is_found_although_its_older_entry_was_evicted()
    {
        var encoder = new HpackEncoder();
        encoder.SetPeerMaxTableSize(34 * 2);
        encoder.Encode(new HeaderField("x", "1"), new HeaderField("x", "2"), new HeaderField("y", "1"));
        encoder.Table.AssertIs(68, """
            y: 1
            x: 2
            """);

        Assert.Equal(HpackHelper.Hex("7f00 0133"), encoder.Encode(new HeaderField("x", "3")));
    }

    [Fact]
    public void A_name_whose_entries_were_all_evicted_is_written_out()
    {
        var encoder = new HpackEncoder();
        encoder.SetPeerMaxTableSize(34 * 2);
        encoder.Encode(new HeaderField("x", "1"), new HeaderField("y", "1"), new HeaderField("y", "2"));

        Assert.Equal(HpackHelper.Hex("40 0178 0132"), encoder.Encode(new HeaderField("x", "2")));
    }

    [Fact]
    public void An_evicted_field_is_not_referred_to()
    {
        _encoder.SetPeerMaxTableSize(80);
        _encoder.Encode(new HeaderField("x", "1"), new HeaderField("y", "1"), new HeaderField("z", "1"));
        _encoder.Table.AssertIs(68, """
            z: 1
            y: 1
            """);

        Assert.Equal(HpackHelper.Hex("40 0178 0131"), _encoder.Encode(new HeaderField("x", "1")));
    }

    [Theory]
    [InlineData("authorization")]
    [InlineData("cookie")]
    [InlineData("set-cookie")]
    [InlineData("proxy-authorization")]
    public void Secrets_are_never_indexed(string name)
    {
        var field = new HeaderField(name, "secret");

        var first = _encoder.Encode(field);

        Assert.Equal(0x10, first[0] & 0xf0);
        Assert.Equal(first, _encoder.Encode(field));
        Assert.Equal(0, _encoder.Table.Count);
        Assert.Equal([field with { NeverIndexed = true }], new HpackDecoder().DecodeOk(first));
    }

    [Fact]
    public void A_field_flagged_never_indexed_is_a_literal_even_if_the_table_has_it()
    {
        var field = new HeaderField("token", "1");
        _encoder.Encode(field);

        Assert.Equal(HpackHelper.Hex("1f2f 0131"), _encoder.Encode(field with { NeverIndexed = true }));
        Assert.Equal(
            HpackHelper.Hex("12 03474554"), _encoder.Encode(new HeaderField(":method", "GET", NeverIndexed: true)));
        Assert.Equal(1, _encoder.Table.Count);
    }

    [Fact]
    public void A_field_larger_than_half_of_the_table_is_not_indexed()
    {
        var half = new HeaderField("a", new string('\x01', 2048 - 33));
        var over = new HeaderField("b", new string('\x01', 2048 - 32));

        Assert.Equal(0x40, _encoder.Encode(half)[0]);
        Assert.Equal(0x00, _encoder.Encode(over)[0]);
        Assert.Equal(2048, _encoder.Table.Size);
    }

    [Theory]
    [InlineData("ab\u0000", "0361 6200")] // Huffman would be longer
    [InlineData("307", "03333037")] // as long
    [InlineData("302", "826402")] // shorter
    [InlineData("", "00")]
    [InlineData("\u00ff", "01ff")]
    public void Huffman_is_used_where_it_is_shorter(string value, string hex) =>
        Assert.Equal(HpackHelper.Hex("48" + hex), _encoder.Encode(new HeaderField(":status", value)));

    [Fact]
    public void A_smaller_table_of_the_peer_is_announced_once()
    {
        _encoder.Encode(new HeaderField("a", "1"));
        _encoder.SetPeerMaxTableSize(0);

        Assert.Equal(HpackHelper.Hex("20 82"), _encoder.Encode(new HeaderField(":method", "GET")));
        Assert.Equal(0, _encoder.Table.Count);
        Assert.Equal([0x82], _encoder.Encode(new HeaderField(":method", "GET")));
    }

    [Fact]
    public void Without_a_table_nothing_is_indexed()
    {
        _encoder.SetPeerMaxTableSize(0);

        Assert.Equal(HpackHelper.Hex("20 00 0161 0131"), _encoder.Encode(new HeaderField("a", "1")));
        Assert.Equal(HpackHelper.Hex("00 0161 0131"), _encoder.Encode(new HeaderField("a", "1")));
    }

    [Fact]
    public void A_table_that_went_down_and_up_is_announced_lowest_first()
    {
        _encoder.Encode(new HeaderField("a", "1"));
        _encoder.SetPeerMaxTableSize(20);
        _encoder.SetPeerMaxTableSize(10);
        _encoder.SetPeerMaxTableSize(4096);

        Assert.Equal(HpackHelper.Hex("2a 3fe11f"), _encoder.Encode());
        Assert.Equal((0, 4096), (_encoder.Table.Count, _encoder.Table.MaxSize));
        Assert.Empty(_encoder.Encode());
    }

    [Fact]
    public void A_table_that_went_up_is_announced_alone()
    {
        _encoder.SetPeerMaxTableSize(100);
        _encoder.Encode();
        _encoder.SetPeerMaxTableSize(150);
        _encoder.SetPeerMaxTableSize(200);

        Assert.Equal(HpackHelper.Hex("3fa901"), _encoder.Encode());
    }

    [Theory]
    [InlineData(4096u)]
    [InlineData(65_536u)]
    [InlineData(uint.MaxValue)]
    public void A_larger_table_of_the_peer_is_not_used(uint bytes)
    {
        _encoder.SetPeerMaxTableSize(bytes);

        Assert.Empty(_encoder.Encode());
        Assert.Equal(4096, _encoder.Table.MaxSize);
    }

    [Fact]
    public void An_own_smaller_maximum_is_announced_by_the_first_block()
    {
        var encoder = new HpackEncoder(maxTableSize: 100);

        Assert.Equal(HpackHelper.Hex("3f45 82"), encoder.Encode(new HeaderField(":method", "GET")));
        encoder.SetPeerMaxTableSize(4096);
        Assert.Empty(encoder.Encode());
    }

    [Fact]
    public void A_char_above_255_is_refused_before_anything_is_written()
    {
        var output = new ArrayBufferWriter<byte>();
        HeaderField[] fields = [new("a", "1"), new("b", "\u0100")];

        Assert.Throws<ArgumentException>(() => _encoder.Encode(fields, output));
        Assert.Equal((0, 0), (output.WrittenCount, _encoder.Table.Count));
    }

    [Fact]
    public void A_list_that_is_sent_again_allocates_nothing_on_either_side()
    {
        HeaderField[] connect = [new(":method", "CONNECT"), new(":authority", "host.com:443"), new("x-tunnel", "7")];
        var decoder = new HpackDecoder();
        var output = new ArrayBufferWriter<byte>(256);
        var fields = new List<HeaderField>(8);
        RoundTrip(); // fills the tables
        RoundTrip(); // is the first to find something there

        var before = GC.GetAllocatedBytesForCurrentThread();
        RoundTrip();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(connect, fields);
        Assert.Equal(3, output.WrittenCount);

        void RoundTrip()
        {
            output.ResetWrittenCount();
            _encoder.Encode(connect, output);
            decoder.Decode(output.WrittenSpan, fields);
        }
    }
}
