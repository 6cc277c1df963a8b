using System.Buffers.Binary;
using ActorTunnel.Host.Origin;
using CsCheck;
using Xunit;

namespace ActorTunnel.Host.Tests.Origin;

public sealed class OriginDataTests
{
    [Fact]
    public void The_first_words_are_those_of_SplitMix64_with_seed_0()
    {
        var bytes = new byte[24];
        OriginData.Fill(bytes, offset: 0);

        Assert.Equal(0xE220A8397B1DCDAF, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        Assert.Equal(0x6E789E6AA1B965F4UL, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)));
        Assert.Equal(0x06C45D188009454FUL, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16)));
    }

    [Fact]
    public void Every_part_is_the_same_as_in_the_whole()
    {
        var whole = new byte[256];
        OriginData.Fill(whole, offset: 0);

        Gen.Select(Gen.Int[0, 255], Gen.Int[0, 255]).Sample((one, other) =>
        {
            var (start, end) = (Math.Min(one, other), Math.Max(one, other));
            var part = new byte[end - start];
            OriginData.Fill(part, start);
            Assert.Equal(whole[start..end], part);
        });
    }

    [Fact]
    public void Parts_past_4_GiB_go_on_and_do_not_repeat()
    {
        var near = new byte[64];
        var far = new byte[64];
        var farther = new byte[32];
        OriginData.Fill(near, offset: 0);
        OriginData.Fill(far, offset: 1L << 35);
        OriginData.Fill(farther, offset: (1L << 35) + 32);

        Assert.NotEqual(near, far);
        Assert.Equal(far[32..], farther);
    }
}
