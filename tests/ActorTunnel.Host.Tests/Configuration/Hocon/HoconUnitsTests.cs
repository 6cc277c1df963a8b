using ActorTunnel.Host.Configuration.Hocon;
using CsCheck;
using Xunit;

namespace ActorTunnel.Host.Tests.Configuration.Hocon;

public sealed class HoconUnitsTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("250", 250)]
    [InlineData("0", 0)]
    [InlineData(" 5 s ", 5_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("2 minutes", 120_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("3 millis", 3)]
    [InlineData("2000 micros", 2)]
    [InlineData("3000000 nanoseconds", 3)]
    [InlineData("-1s", -1_000)]
    public void A_duration_is_a_number_and_a_unit(string text, int milliseconds)
    {
        Assert.True(HoconUnits.TryParseDuration(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("5 S")]
    [InlineData("5 parsecs")]
    [InlineData("1h 5m")]
    [InlineData("five s")]
    [InlineData("1,5s")]
    [InlineData("99999999999d")]
    [InlineData("79228162514264337593543950335d")]
    public void Anything_else_is_no_duration(string text) => Assert.False(HoconUnits.TryParseDuration(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("512B", 512)]
    [InlineData("2 bytes", 2)]
    [InlineData("64KiB", 65_536)]
    [InlineData("64 K", 65_536)]
    [InlineData("64k", 65_536)]
    [InlineData("64kB", 64_000)]
    [InlineData("1.5 MiB", 1_572_864)]
    [InlineData("16m", 16_777_216)]
    [InlineData("16MB", 16_000_000)]
    [InlineData("2 gibibytes", 2_147_483_648)]
    [InlineData("2 gigabytes", 2_000_000_000)]
    [InlineData("3Ti", 3_298_534_883_328)]
    [InlineData("1EiB", 1_152_921_504_606_846_976)]
    public void A_size_is_a_number_and_a_unit(string text, long bytes)
    {
        Assert.True(HoconUnits.TryParseSize(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("1 KB")]
    [InlineData("1 mB")]
    [InlineData("1 kib")]
    [InlineData("8EiB")]
    [InlineData("1YB")]
    public void Anything_else_is_no_size(string text) => Assert.False(HoconUnits.TryParseSize(text, out _));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(250, "250ms")]
    [InlineData(90_000, "90s")]
    [InlineData(3_600_000, "1h")]
    [InlineData(5_400_000, "90m")]
    public void Durations_are_shown_in_the_largest_whole_unit(int milliseconds, string expected) =>
        Assert.Equal(expected, HoconUnits.Render(TimeSpan.FromMilliseconds(milliseconds)));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(65_536, "64KiB")]
    [InlineData(65_537, "65537B")]
    [InlineData(1_572_864, "1536KiB")]
    public void Sizes_are_shown_in_the_largest_whole_unit(long bytes, string expected) => Assert.Equal(expected, HoconUnits.Render(bytes));

    [Fact]
    public void What_is_shown_reads_back_as_the_same()
    {
        Gen.Long[0, TimeSpan.MaxValue.Ticks].Sample(ticks =>
            HoconUnits.TryParseDuration(HoconUnits.Render(new TimeSpan(ticks)), out var duration) && duration.Ticks == ticks);
        Gen.Long[0, long.MaxValue].Sample(bytes =>
            HoconUnits.TryParseSize(HoconUnits.Render(bytes), out var size) && size == bytes);
    }
}
