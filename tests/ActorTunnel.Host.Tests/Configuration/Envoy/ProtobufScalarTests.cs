using ActorTunnel.Host.Configuration.Envoy;
using ActorTunnel.Host.Configuration.Envoy.Yaml;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Envoy;

/// <summary>The JSON forms that the protobuf documentation gives for Duration, uint32 and bool.</summary>
public sealed class ProtobufScalarTests
{
    [Theory]
    [InlineData("0.25s", 2_500_000)]
    [InlineData("5s", 50_000_000)]
    [InlineData("0s", 0)]
    [InlineData("3600s", 36_000_000_000)]
    [InlineData("1.000340012s", 10_003_400)]
    [InlineData("315576000000s", 3_155_760_000_000_000_000)]
    public void A_duration_is_seconds_with_a_unit(string text, long ticks)
    {
        Assert.True(ProtobufScalar.TryParseDuration(Plain(text), out var duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("")]
    [InlineData("250ms")]
    [InlineData("5 s")]
    [InlineData("1.s")]
    [InlineData("1e3s")]
    [InlineData("-1s")]
    [InlineData("0.1234567890s")]
    [InlineData("315576000001s")]
    [InlineData("99999999999999999999999999999999999s")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(ProtobufScalar.TryParseDuration(Plain(text), out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("443", 443)]
    [InlineData("1e3", 1_000)]
    [InlineData("5.0", 5)]
    [InlineData("4294967295", uint.MaxValue)]
    public void A_number_may_have_any_form_of_a_whole_one(string text, uint number)
    {
        Assert.True(ProtobufScalar.TryParseUInt32(Plain(text), out var value));
        Assert.Equal(number, value);
    }

    [Theory]
    [InlineData("4294967296")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1e40")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("")]
    public void What_is_no_number_is_refused(string text) => Assert.False(ProtobufScalar.TryParseUInt32(Plain(text), out _));

    [Fact]
    public void A_boolean_is_a_plain_word()
    {
        Assert.True(ProtobufScalar.TryParseBoolean(Plain("true"), out var on) && on);
        Assert.True(ProtobufScalar.TryParseBoolean(Plain("false"), out var off) && !off);
        Assert.False(ProtobufScalar.TryParseBoolean(Plain("true") with { IsPlain = false }, out _));
        Assert.False(ProtobufScalar.TryParseBoolean(Plain("1"), out _));
    }

    private static YamlScalar Plain(string text) => new(text, IsPlain: true, default);
}
