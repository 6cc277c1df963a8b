using ActorTunnel.Http2.Hpack;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>RFC 7541 §5.1.</summary>
public sealed class IntegerCodecTests
{
    [Fact]
    public void Every_integer_survives_the_round_trip_with_every_prefix() =>
        Gen.Select(Gen.OneOf(Gen.Int[0, 70_000], Gen.Int[0, int.MaxValue]), Gen.Int[1, 8]).Sample((value, prefixBits) =>
        {
            var pattern = (byte)(0xff << prefixBits);
            var octets = new byte[IntegerCodec.MaxLength];
            var length = IntegerCodec.Write(octets, pattern, prefixBits, value);

            Assert.Equal(pattern, octets[0] & pattern);
            Assert.Equal(HpackError.None, IntegerCodec.Read(octets, prefixBits, out var read, out var consumed));
            Assert.Equal((value, length), (read, consumed));
            Assert.Equal(HpackError.Truncated, IntegerCodec.Read(octets.AsSpan(0, length - 1), prefixBits, out _, out _));
        });

    [Theory]
    [InlineData(30, "1e")]
    [InlineData(31, "1f00")] // the largest prefix says that more follows, even if that is nothing
    [InlineData(31 + 127, "1f7f")]
    [InlineData(31 + 128, "1f8001")]
    [InlineData(int.MaxValue, "1fe0ffffff07")]
    public void The_borders_of_a_five_bit_prefix(int value, string hex)
    {
        var octets = new byte[IntegerCodec.MaxLength];
        var length = IntegerCodec.Write(octets, 0, 5, value);

        Assert.Equal(HpackHelper.Hex(hex), octets[..length]);
    }

    [Theory]
    [InlineData("1fe1ffffff07")] // 2^31
    [InlineData("1fffffffff7f")] // the largest of five octets
    [InlineData("1f808080808000")] // six octets, though the value is 31
    [InlineData("1f8080808080808080808080808080")]
    public void An_integer_that_is_too_long_is_refused(string hex) =>
        Assert.Equal(HpackError.IntegerTooLong, IntegerCodec.Read(HpackHelper.Hex(hex), 5, out _, out _));

    [Fact]
    public void Needless_zero_octets_are_accepted_up_to_the_limit()
    {
        Assert.Equal(HpackError.None, IntegerCodec.Read(HpackHelper.Hex("1f8080808000"), 5, out var value, out var consumed));
        Assert.Equal((31, 6), (value, consumed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1f")]
    [InlineData("1f80")]
    [InlineData("1f80808080")]
    public void An_integer_without_its_end_is_truncated(string hex) =>
        Assert.Equal(HpackError.Truncated, IntegerCodec.Read(HpackHelper.Hex(hex), 5, out _, out _));
}
