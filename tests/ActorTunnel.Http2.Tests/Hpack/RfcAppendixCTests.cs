using ActorTunnel.Http2.Hpack;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>RFC 7541 Appendix C, whole. What it gives is the expectation here.</summary>
public sealed class RfcAppendixCTests
{
    private const string Request1 = """
        :method: GET
        :scheme: http
        :path: /
        :authority: www.example.com
        """;

    private const string Request2 = """
        :method: GET
        :scheme: http
        :path: /
        :authority: www.example.com
        cache-control: no-cache
        """;

    private const string Request3 = """
        :method: GET
        :scheme: https
        :path: /index.html
        :authority: www.example.com
        custom-key: custom-value
        """;

    private const string Response1 = """
        :status: 302
        cache-control: private
        date: Mon, 21 Oct 2013 20:13:21 GMT
        location: https://www.example.com
        """;

    private const string Response2 = """
        :status: 307
        cache-control: private
        date: Mon, 21 Oct 2013 20:13:21 GMT
        location: https://www.example.com
        """;

    private const string Response3 = """
        :status: 200
        cache-control: private
        date: Mon, 21 Oct 2013 20:13:22 GMT
        location: https://www.example.com
        content-encoding: gzip
        set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1
        """;

    private const string TableAfterRequest1 = ":authority: www.example.com";

    private const string TableAfterRequest2 = """
        cache-control: no-cache
        :authority: www.example.com
        """;

    private const string TableAfterRequest3 = """
        custom-key: custom-value
        cache-control: no-cache
        :authority: www.example.com
        """;

    private const string TableAfterResponse1 = """
        location: https://www.example.com
        date: Mon, 21 Oct 2013 20:13:21 GMT
        cache-control: private
        :status: 302
        """;

    private const string TableAfterResponse2 = """
        :status: 307
        location: https://www.example.com
        date: Mon, 21 Oct 2013 20:13:21 GMT
        cache-control: private
        """;

    private const string TableAfterResponse3 = """
        set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1
        content-encoding: gzip
        date: Mon, 21 Oct 2013 20:13:22 GMT
        """;

    // C.4.1, C.4.2 and C.4.3.
    private static readonly string[] s_huffmanRequests =
    [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];

    private const string HuffmanResponse1 = """
        4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
        2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3
        """;

    [Theory]
    [InlineData("0a", 5, 10)] // C.1.1
    [InlineData("1f9a0a", 5, 1337)] // C.1.2
    [InlineData("2a", 8, 42)] // C.1.3
    public void C1_integers(string hex, int prefixBits, int value)
    {
        var octets = HpackHelper.Hex(hex);

        Assert.Equal(HpackError.None, IntegerCodec.Read(octets, prefixBits, out var read, out var consumed));
        Assert.Equal((value, octets.Length), (read, consumed));

        var written = new byte[IntegerCodec.MaxLength];
        var length = IntegerCodec.Write(written, 0, prefixBits, value);
        Assert.Equal(octets, written[..length]);
    }

    [Fact]
    public void C1_the_bits_beside_the_prefix_are_no_part_of_the_integer()
    {
        Assert.Equal(HpackError.None, IntegerCodec.Read([0xea], 5, out var value, out _));
        Assert.Equal(10, value);
    }

    [Fact]
    public void C2_1_literal_with_indexing()
    {
        var decoder = new HpackDecoder();

        var fields = decoder.DecodeOk(HpackHelper.Hex("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"));

        Assert.Equal([new HeaderField("custom-key", "custom-header")], fields);
        decoder.Table.AssertIs(55, "custom-key: custom-header");
    }

    [Fact]
    public void C2_2_literal_without_indexing()
    {
        var decoder = new HpackDecoder();

        var fields = decoder.DecodeOk(HpackHelper.Hex("040c 2f73 616d 706c 652f 7061 7468"));

        Assert.Equal([new HeaderField(":path", "/sample/path")], fields);
        decoder.Table.AssertIs(0, "");
    }

    [Fact]
    public void C2_3_literal_never_indexed()
    {
        var decoder = new HpackDecoder();

        var fields = decoder.DecodeOk(HpackHelper.Hex("1008 7061 7373 776f 7264 0673 6563 7265 74"));

        Assert.Equal([new HeaderField("password", "secret", NeverIndexed: true)], fields);
        decoder.Table.AssertIs(0, "");
    }

    [Fact]
    public void C2_4_indexed_field()
    {
        var decoder = new HpackDecoder();

        Assert.Equal([new HeaderField(":method", "GET")], decoder.DecodeOk([0x82]));
        decoder.Table.AssertIs(0, "");
        Assert.Equal([0x82], new HpackEncoder().Encode(new HeaderField(":method", "GET")));
    }

    [Fact]
    public void C3_requests_without_huffman() => DecodeRequests(
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65");

    [Fact]
    public void C4_requests_with_huffman() => DecodeRequests(s_huffmanRequests[0], s_huffmanRequests[1], s_huffmanRequests[2]);

    [Fact]
    public void C4_requests_are_encoded_as_in_the_RFC()
    {
        var encoder = new HpackEncoder();

        Assert.Equal(HpackHelper.Hex(s_huffmanRequests[0]), encoder.Encode(HpackHelper.Fields(Request1)));
        encoder.Table.AssertIs(57, TableAfterRequest1);
        Assert.Equal(HpackHelper.Hex(s_huffmanRequests[1]), encoder.Encode(HpackHelper.Fields(Request2)));
        encoder.Table.AssertIs(110, TableAfterRequest2);
        Assert.Equal(HpackHelper.Hex(s_huffmanRequests[2]), encoder.Encode(HpackHelper.Fields(Request3)));
        encoder.Table.AssertIs(164, TableAfterRequest3);
    }

    [Fact]
    public void C5_responses_without_huffman_evict_from_a_table_of_256_octets() => DecodeResponses(
        """
        4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
        2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
        6c65 2e63 6f6d
        """,
        "4803 3330 37c1 c0bf",
        """
        88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
        54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
        5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
        3d31
        """);

    [Fact]
    public void C6_responses_with_huffman_evict_from_a_table_of_256_octets() => DecodeResponses(
        HuffmanResponse1,
        "4883 640e ffc1 c0bf",
        """
        88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
        77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
        9587 3160 65c0 03ed 4ee5 b106 3d50 07
        """);

    [Fact]
    public void C6_responses_are_encoded_as_in_the_RFC_but_for_what_we_choose_otherwise()
    {
        var encoder = new HpackEncoder();
        encoder.SetPeerMaxTableSize(256);

        // 3fe101 announces 256; the RFC's example takes that as known.
        Assert.Equal(HpackHelper.Hex("3fe101" + HuffmanResponse1), encoder.Encode(HpackHelper.Fields(Response1)));
        encoder.Table.AssertIs(222, TableAfterResponse1);

        // "307" is as long in Huffman as without.
        Assert.Equal(HpackHelper.Hex("4803 3330 37c1 c0bf"), encoder.Encode(HpackHelper.Fields(Response2)));
        encoder.Table.AssertIs(222, TableAfterResponse2);

        // set-cookie is never indexed (1f28 for 77), so it evicts nothing.
        var response3 = encoder.Encode(HpackHelper.Fields(Response3));
        Assert.Equal(
            HpackHelper.Hex(
                """
                88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
                1f28 ad94 e782 1dd7 f2e6 c7b3 35df dfcd 5b39 60d5 af27 087f 3672 c1ab 270f b529
                1f95 8731 6065 c003 ed4e e5b1 063d 5007
                """),
            response3);
        encoder.Table.AssertIs(222 - 52 + 65 - 65 + 52, """
            content-encoding: gzip
            date: Mon, 21 Oct 2013 20:13:22 GMT
            :status: 307
            location: https://www.example.com
            """);
    }

    private static void DecodeRequests(string first, string second, string third)
    {
        var decoder = new HpackDecoder();

        Assert.Equal(HpackHelper.Fields(Request1), decoder.DecodeOk(HpackHelper.Hex(first)));
        decoder.Table.AssertIs(57, TableAfterRequest1);
        Assert.Equal(HpackHelper.Fields(Request2), decoder.DecodeOk(HpackHelper.Hex(second)));
        decoder.Table.AssertIs(110, TableAfterRequest2);
        Assert.Equal(HpackHelper.Fields(Request3), decoder.DecodeOk(HpackHelper.Hex(third)));
        decoder.Table.AssertIs(164, TableAfterRequest3);
    }

    private static void DecodeResponses(string first, string second, string third)
    {
        var decoder = new HpackDecoder(maxTableSize: 256);

        Assert.Equal(HpackHelper.Fields(Response1), decoder.DecodeOk(HpackHelper.Hex(first)));
        decoder.Table.AssertIs(222, TableAfterResponse1);
        Assert.Equal(HpackHelper.Fields(Response2), decoder.DecodeOk(HpackHelper.Hex(second)));
        decoder.Table.AssertIs(222, TableAfterResponse2);
        Assert.Equal(HpackHelper.Fields(Response3), decoder.DecodeOk(HpackHelper.Hex(third)));
        decoder.Table.AssertIs(215, TableAfterResponse3);
    }
}
