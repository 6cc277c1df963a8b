using ActorTunnel.Http2.Hpack;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>The decoder's rules: RFC 7541 §2.3.3, §3, §4.2, §5 and §6, RFC 9113 §4.3.1.</summary>
public sealed class HpackDecoderTests
{
    private readonly HpackDecoder _decoder = new();

    [Fact]
    public void An_empty_block_is_an_empty_list() => Assert.Empty(_decoder.DecodeOk([]));

    [Fact]
    public void The_list_is_cleared_first()
    {
        var fields = new List<HeaderField> { new("left", "over") };

        _decoder.Decode([0x82], fields);

        Assert.Equal([new HeaderField(":method", "GET")], fields);
    }

    [Fact]
    public void Index_0_is_refused() => AssertError(HpackError.InvalidIndex, "80");

    [Fact]
    public void The_last_static_index_is_decoded() =>
        Assert.Equal([new HeaderField("www-authenticate", "")], _decoder.DecodeOk([0xbd]));

    [Theory]
    [InlineData("be")] // 62, the table is empty
    [InlineData("ff80808008")] // far away
    [InlineData("ff80ffffff07")] // 2^31 - 1: must not wrap around
    [InlineData("7e 01 61")] // as the name of a literal with indexing
    [InlineData("0f2f 01 61")] // without indexing
    [InlineData("1f2f 01 61")] // never indexed
    public void An_index_past_the_end_of_the_dynamic_table_is_refused(string hex) => AssertError(HpackError.InvalidIndex, hex);

    [Fact]
    public void An_index_past_the_end_is_refused_when_there_are_entries()
    {
        _decoder.DecodeOk(HpackHelper.Hex("40 0161 0162  40 0163 0164"));

        Assert.Equal(
            [new HeaderField("c", "d"), new HeaderField("a", "b")],
            _decoder.DecodeOk([0xbe, 0xbf]));
        AssertError(HpackError.InvalidIndex, "c0");
    }

    [Fact]
    public void An_indexed_field_may_refer_to_one_of_the_same_block() =>
        Assert.Equal(
            [new HeaderField("a", "b"), new HeaderField("a", "b")],
            _decoder.DecodeOk(HpackHelper.Hex("40 0161 0162  be")));

    [Fact]
    public void The_name_of_a_literal_may_be_an_entry_that_this_literal_evicts()
    {
        var decoder = new HpackDecoder(maxTableSize: 40);
        decoder.DecodeOk(HpackHelper.Hex("40 0461626364 0131"));

        Assert.Equal([new HeaderField("abcd", "2222")], decoder.DecodeOk(HpackHelper.Hex("7e 0432323232")));
        decoder.Table.AssertIs(40, "abcd: 2222");
    }

    [Fact]
    public void A_field_larger_than_the_table_is_decoded_and_empties_it()
    {
        var decoder = new HpackDecoder(maxTableSize: 40);
        decoder.DecodeOk(HpackHelper.Hex("40 0161 0162"));

        Assert.Equal([new HeaderField("a", "123456789")], decoder.DecodeOk(HpackHelper.Hex("7e 09313233343536373839")));
        decoder.Table.AssertIs(0, "");
    }

    [Fact]
    public void Only_the_literal_with_indexing_enters_the_table()
    {
        _decoder.DecodeOk(HpackHelper.Hex("00 0161 0131  10 0162 0132  40 0163 0133  82"));

        _decoder.Table.AssertIs(34, "c: 3");
    }

    [Theory]
    [InlineData("00 0161 0131", false)]
    [InlineData("40 0161 0131", false)]
    [InlineData("10 0161 0131", true)]
    public void Never_indexed_is_passed_on(string hex, bool neverIndexed) =>
        Assert.Equal([new HeaderField("a", "1", neverIndexed)], _decoder.DecodeOk(HpackHelper.Hex(hex)));

    [Fact]
    public void Names_and_values_may_have_every_octet()
    {
        var octets = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        string text = new([.. octets.Select(octet => (char)octet)]);

        var fields = _decoder.DecodeOk([0x00, 0x7f, 0x81, 0x01, .. octets, 0x7f, 0x81, 0x01, .. octets]);

        Assert.Equal([new HeaderField(text, text)], fields);
    }

    [Fact]
    public void An_empty_name_and_an_empty_value_are_decoded() =>
        Assert.Equal(
            [new HeaderField("", ""), new HeaderField("", "")],
            _decoder.DecodeOk(HpackHelper.Hex("00 00 00  00 80 80")));

    [Theory]
    [InlineData("40")]
    [InlineData("00 01")]
    [InlineData("00 0261")]
    [InlineData("00 0161")]
    [InlineData("00 0161 02 62")]
    [InlineData("04")]
    [InlineData("ff")]
    [InlineData("3f")]
    [InlineData("00 7f80808008 61")] // a string of 16 MiB that is not there
    [InlineData("00 ff80ffffff07 61")] // one of 2^31 - 1, in Huffman
    public void A_block_that_ends_too_early_is_truncated(string hex) => AssertError(HpackError.Truncated, hex);

    [Theory]
    [InlineData("ff808080808000")]
    [InlineData("00 7f808080808000")]
    [InlineData("7f808080808000 00")]
    [InlineData("3f808080808000")]
    public void An_integer_that_is_too_long_is_refused(string hex) => AssertError(HpackError.IntegerTooLong, hex);

    [Theory]
    [InlineData("00 84ffffffff 00", HpackError.HuffmanEndOfString)]
    [InlineData("00 0161 84ffffffff", HpackError.HuffmanEndOfString)]
    [InlineData("00 81ff 00", HpackError.HuffmanPadding)]
    [InlineData("00 0161 8118", HpackError.HuffmanPadding)]
    public void A_malformed_Huffman_string_is_refused(string hex, HpackError error) => AssertError(error, hex);

    [Fact]
    public void A_Huffman_string_longer_than_the_scratch_buffer_is_decoded()
    {
        // Five octets of '0' (00000) are eight zeros.
        var fields = _decoder.DecodeOk([0x00, 0x01, 0x61, 0xff, 0xe9, 0x06, .. new byte[1000]]);

        Assert.Equal(new string('0', 1600), Assert.Single(fields).Value);
    }

    [Fact]
    public void A_size_update_at_the_start_evicts()
    {
        _decoder.DecodeOk(HpackHelper.Hex("40 0161 0131  40 0162 0132"));

        _decoder.DecodeOk(HpackHelper.Hex("3f03")); // 34
        _decoder.Table.AssertIs(34, "b: 2");
        _decoder.DecodeOk(HpackHelper.Hex("20"));
        _decoder.Table.AssertIs(0, "");
    }

    [Fact]
    public void A_size_update_up_to_the_maximum_is_accepted_and_one_above_is_refused()
    {
        _decoder.DecodeOk(HpackHelper.Hex("20 3fe11f 82")); // 0, 4096
        Assert.Equal(4096, _decoder.Table.MaxSize);

        AssertError(HpackError.SizeUpdateTooLarge, "3fe21f");
    }

    [Theory]
    [InlineData("82 20")]
    [InlineData("20 82 20")]
    [InlineData("00 0161 0131 3fe11f")]
    public void A_size_update_after_a_field_is_refused(string hex) => AssertError(HpackError.SizeUpdateMisplaced, hex);

    [Fact]
    public void A_third_size_update_is_refused() => AssertError(HpackError.TooManySizeUpdates, "20 21 22 82");

    [Fact]
    public void Each_block_may_have_two_size_updates()
    {
        _decoder.DecodeOk(HpackHelper.Hex("20 3fe11f 82"));
        _decoder.DecodeOk(HpackHelper.Hex("20 3fe11f 82"));
    }

    [Theory]
    [InlineData("82")]
    [InlineData("")]
    public void A_reduced_maximum_demands_a_size_update(string hex)
    {
        _decoder.SetMaxTableSize(100);

        AssertError(HpackError.MissingSizeUpdate, hex);
    }

    [Fact]
    public void The_demanded_size_update_is_not_above_the_reduced_maximum()
    {
        _decoder.SetMaxTableSize(100);

        AssertError(HpackError.SizeUpdateTooLarge, "3f46 82"); // 101
    }

    [Fact]
    public void The_demanded_size_update_is_demanded_once()
    {
        _decoder.SetMaxTableSize(100);

        _decoder.DecodeOk(HpackHelper.Hex("3f45 82")); // 100
        _decoder.DecodeOk(HpackHelper.Hex("82"));
        Assert.Equal(100, _decoder.Table.MaxSize);
    }

    [Fact]
    public void A_maximum_that_went_down_and_up_demands_its_lowest_value_first()
    {
        _decoder.DecodeOk(HpackHelper.Hex("40 0161 0131"));
        _decoder.SetMaxTableSize(20);
        _decoder.SetMaxTableSize(10);
        _decoder.SetMaxTableSize(30);
        _decoder.SetMaxTableSize(4096);

        _decoder.DecodeOk(HpackHelper.Hex("2a 3fe11f 82")); // 10, 4096
        _decoder.Table.AssertIs(0, "");
        Assert.Equal(4096, _decoder.Table.MaxSize);
    }

    [Fact]
    public void A_maximum_that_went_down_and_up_refuses_the_last_value_alone()
    {
        _decoder.SetMaxTableSize(10);
        _decoder.SetMaxTableSize(20);

        AssertError(HpackError.SizeUpdateTooLarge, "34 82"); // 20
    }

    [Fact]
    public void A_reduction_that_the_peer_is_below_already_demands_nothing()
    {
        _decoder.DecodeOk(HpackHelper.Hex("3f45")); // 100
        _decoder.SetMaxTableSize(100);

        _decoder.DecodeOk(HpackHelper.Hex("82"));
    }

    [Fact]
    public void A_raised_maximum_demands_nothing_and_allows_more()
    {
        var decoder = new HpackDecoder(maxTableSize: 100);
        decoder.SetMaxTableSize(200);

        decoder.DecodeOk(HpackHelper.Hex("82"));
        Assert.Equal(100, decoder.Table.MaxSize);
        decoder.DecodeOk(HpackHelper.Hex("3fa901 82")); // 200
        Assert.Equal(200, decoder.Table.MaxSize);
    }

    [Fact]
    public void A_table_above_4096_octets_is_no_choice()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HpackDecoder(4097));
        Assert.Throws<ArgumentOutOfRangeException>(() => _decoder.SetMaxTableSize(4097));
        Assert.Throws<ArgumentOutOfRangeException>(() => _decoder.SetMaxTableSize(-1));
    }

    [Fact]
    public void A_decoder_that_failed_stays_failed_and_yields_no_fields()
    {
        AssertError(HpackError.InvalidIndex, "82 80");

        var fields = new List<HeaderField> { new("left", "over") };
        Assert.Equal(HeaderListResult.Failed(HpackError.InvalidIndex), _decoder.Decode([0x82], fields));
        Assert.Empty(fields);
    }

    private void AssertError(HpackError error, string hex)
    {
        var fields = new List<HeaderField>();
        Assert.Equal(HeaderListResult.Failed(error), _decoder.Decode(HpackHelper.Hex(hex), fields));
        Assert.Empty(fields);
    }
}
