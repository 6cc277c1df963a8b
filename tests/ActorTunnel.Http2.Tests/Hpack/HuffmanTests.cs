using System.Globalization;
using System.Text;
using ActorTunnel.Http2.Hpack;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>RFC 7541 §5.2 and Appendix B.</summary>
public sealed class HuffmanTests
{
    // Appendix B, column "code as hex", symbols 0 to 256.
    private const string RfcCodes = """
        1ff8 7fffd8 fffffe2 fffffe3 fffffe4 fffffe5 fffffe6 fffffe7
        fffffe8 ffffea 3ffffffc fffffe9 fffffea 3ffffffd fffffeb fffffec
        fffffed fffffee fffffef ffffff0 ffffff1 ffffff2 3ffffffe ffffff3
        ffffff4 ffffff5 ffffff6 ffffff7 ffffff8 ffffff9 ffffffa ffffffb
        14 3f8 3f9 ffa 1ff9 15 f8 7fa 3fa 3fb f9 7fb fa 16 17 18
        0 1 2 19 1a 1b 1c 1d 1e 1f 5c fb 7ffc 20 ffb 3fc
        1ffa 21 5d 5e 5f 60 61 62 63 64 65 66 67 68 69 6a
        6b 6c 6d 6e 6f 70 71 72 fc 73 fd 1ffb 7fff0 1ffc 3ffc 22
        7ffd 3 23 4 24 5 25 26 27 6 74 75 28 29 2a 7
        2b 76 2c 8 9 2d 77 78 79 7a 7b 7ffe 7fc 3ffd 1ffd ffffffc
        fffe6 3fffd2 fffe7 fffe8 3fffd3 3fffd4 3fffd5 7fffd9
        3fffd6 7fffda 7fffdb 7fffdc 7fffdd 7fffde ffffeb 7fffdf
        ffffec ffffed 3fffd7 7fffe0 ffffee 7fffe1 7fffe2 7fffe3
        7fffe4 1fffdc 3fffd8 7fffe5 3fffd9 7fffe6 7fffe7 ffffef
        3fffda 1fffdd fffe9 3fffdb 3fffdc 7fffe8 7fffe9 1fffde
        7fffea 3fffdd 3fffde fffff0 1fffdf 3fffdf 7fffeb 7fffec
        1fffe0 1fffe1 3fffe0 1fffe2 7fffed 3fffe1 7fffee 7fffef
        fffea 3fffe2 3fffe3 3fffe4 7ffff0 3fffe5 3fffe6 7ffff1
        3ffffe0 3ffffe1 fffeb 7fff1 3fffe7 7ffff2 3fffe8 1ffffec
        3ffffe2 3ffffe3 3ffffe4 7ffffde 7ffffdf 3ffffe5 fffff1 1ffffed
        7fff2 1fffe3 3ffffe6 7ffffe0 7ffffe1 3ffffe7 7ffffe2 fffff2
        1fffe4 1fffe5 3ffffe8 3ffffe9 ffffffd 7ffffe3 7ffffe4 7ffffe5
        fffec fffff3 fffed 1fffe6 3fffe9 1fffe7 1fffe8 7ffff3
        3fffea 3fffeb 1ffffee 1ffffef fffff4 fffff5 3ffffea 7ffff4
        3ffffeb 7ffffe6 3ffffec 3ffffed 7ffffe7 7ffffe8 7ffffe9 7ffffea
        7ffffeb ffffffe 7ffffec 7ffffed 7ffffee 7ffffef 7fffff0 3ffffee
        3fffffff
        """;

    [Fact]
    public void The_codes_are_those_of_Appendix_B()
    {
        var expected = RfcCodes
            .Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
            .Select(code => uint.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        Assert.Equal(expected, HuffmanCode.Codes.ToArray());
    }

    [Theory]
    [InlineData("www.example.com", "f1e3 c2e5 f23a 6ba0 ab90 f4ff")]
    [InlineData("no-cache", "a8eb 1064 9cbf")]
    [InlineData("302", "6402")]
    [InlineData("307", "640eff")]
    [InlineData("Mon, 21 Oct 2013 20:13:22 GMT", "d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff")]
    [InlineData("", "")]
    public void Strings_of_Appendix_C_are_encoded_and_decoded(string text, string hex)
    {
        Assert.Equal(HpackHelper.Hex(hex), Encode(text));
        Assert.Equal((HuffmanOutcome.Ok, text), Decode(HpackHelper.Hex(hex)));
    }

    [Fact]
    public void Every_octet_survives_the_round_trip()
    {
        for (var octet = 0; octet < 256; octet++)
        {
            var text = ((char)octet).ToString();
            Assert.Equal((HuffmanOutcome.Ok, text), Decode(Encode(text)));
        }
    }

    [Fact]
    public void Every_pair_of_octets_survives_the_round_trip()
    {
        for (var pair = 0; pair < 0x10000; pair++)
        {
            string text = new([(char)(pair >> 8), (char)(pair & 0xff)]);
            Assert.Equal((HuffmanOutcome.Ok, text), Decode(Encode(text)));
        }
    }

    [Fact]
    public void Random_strings_survive_the_round_trip() =>
        Gen.Byte.Array[0, 300].Sample(octets =>
        {
            var text = Encoding.Latin1.GetString(octets);
            return Decode(Encode(text)) == (HuffmanOutcome.Ok, text);
        });

    [Fact]
    public void What_is_decoded_from_random_octets_encodes_to_the_same_octets() =>
        Gen.Byte[0, 250].Array[0, 12].Sample(octets =>
        {
            var (outcome, text) = Decode(octets);
            Assert.True(outcome != HuffmanOutcome.Ok || Encode(text).AsSpan().SequenceEqual(octets));
        });

    [Theory]
    [InlineData("ffffffff")] // 30 ones at the start
    [InlineData("1fffffffff")] // after an 'a' (00011)
    [InlineData("fffffffc07")] // followed by more symbols
    public void The_EOS_symbol_is_refused(string hex) =>
        Assert.Equal(HuffmanOutcome.EndOfString, Decode(HpackHelper.Hex(hex)).Outcome);

    [Theory]
    [InlineData("ff")] // eight ones and nothing else
    [InlineData("1fff")] // 'a' and eleven ones
    [InlineData("07ff")] // '0' (00000) and eleven ones
    [InlineData("fffffe")] // the start of a code of 28 bits
    public void Padding_longer_than_seven_bits_is_refused(string hex) =>
        Assert.Equal(HuffmanOutcome.Padding, Decode(HpackHelper.Hex(hex)).Outcome);

    [Theory]
    [InlineData("18")] // 'a' and 000
    [InlineData("1e")] // 'a' and 110
    [InlineData("1b")] // 'a' and 011
    public void Padding_that_is_not_all_ones_is_refused(string hex) =>
        Assert.Equal(HuffmanOutcome.Padding, Decode(HpackHelper.Hex(hex)).Outcome);

    [Fact]
    public void Padding_of_seven_ones_is_accepted() =>
        Assert.Equal((HuffmanOutcome.Ok, "00000"), Decode([0, 0, 0, 0x7f]));

    [Fact]
    public void A_string_longer_than_the_destination_is_not_decoded_past_its_end()
    {
        var encoded = Encode("aaaaaaaaaa");

        Assert.Equal(HuffmanOutcome.DestinationTooSmall, HuffmanDecoder.Decode(encoded, new byte[9], out var written));
        Assert.Equal(9, written);
        Assert.Equal(HuffmanOutcome.Ok, HuffmanDecoder.Decode(encoded, new byte[10], out written));
        Assert.Equal(10, written);
    }

    private static byte[] Encode(string text)
    {
        var encoded = new byte[HuffmanEncoder.EncodedLength(text)];
        HuffmanEncoder.Encode(text, encoded);
        return encoded;
    }

    private static (HuffmanOutcome Outcome, string Text) Decode(byte[] encoded)
    {
        var octets = new byte[HuffmanDecoder.MaxDecodedLength(encoded.Length)];
        var outcome = HuffmanDecoder.Decode(encoded, octets, out var written);
        return (outcome, Encoding.Latin1.GetString(octets, 0, written));
    }
}
