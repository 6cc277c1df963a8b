using ActorTunnel.Benchmarks.Harness.Bytes;
using CsCheck;
using Xunit;

namespace ActorTunnel.Benchmarks.Tests;

/// <summary>A wrong byte, or a right one in the wrong place, is found.</summary>
public sealed class BytesTests
{
    private const int Much = 20 * BulkPattern.Period;

    [Fact]
    public void Bulk_bytes_are_right_however_they_are_cut() =>
        Gen.Select(Gen.Int[0, 100], Gen.Int[1, BulkPattern.Piece].Array[1, 20]).Sample((tunnel, cuts) =>
        {
            var check = new BulkCheck(tunnel);
            foreach (var count in cuts)
            {
                Assert.True(check.Add(BulkPattern.At(tunnel, check.Right, count)));
            }

            Assert.Equal(cuts.Sum(count => (long)count), check.Right);
        });

    [Fact]
    public void A_changed_byte_is_found_wherever_it_is() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Int[0, BulkPattern.Piece - 1], Gen.Byte[1, 255]).Sample((position, at, change) =>
        {
            var bytes = BulkPattern.At(7, 0, BulkPattern.Piece).ToArray();
            bytes[at] ^= change;

            Assert.False(new BulkCheck(7).Add(bytes));
        });

    /// <summary>Sizes of frames, of records and of buffers, above all.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(16_375)]
    [InlineData(16_384)]
    [InlineData(65_536)]
    [InlineData(131_072)]
    [InlineData(1_048_576)]
    public void Bytes_that_are_lost_or_doubled_are_found(int count)
    {
        var check = new BulkCheck(3);
        Assert.True(check.Add(BulkPattern.At(3, 0, 1000)));

        Assert.False(check.Add(BulkPattern.At(3, 1000 + count, 1000)));
        Assert.False(check.Add(BulkPattern.At(3, Much + 1000 - count, 1000)));
    }

    [Fact]
    public void Bytes_of_another_tunnel_are_found()
    {
        for (var other = 1; other < 1001; other++)
        {
            Assert.False(new BulkCheck(0).Add(BulkPattern.At(other, 0, 16)));
        }
    }

    [Fact]
    public void A_message_is_its_own_echo_and_no_other()
    {
        var message = new byte[CountedMessage.Size];
        CountedMessage.Write(5, 70_000, message);

        Assert.True(CountedMessage.Is(5, 70_000, message));
        Assert.False(CountedMessage.Is(6, 70_000, message));
        Assert.False(CountedMessage.Is(5, 69_999, message));
        for (var i = 0; i < message.Length; i++)
        {
            message[i] ^= 1;
            Assert.False(CountedMessage.Is(5, 70_000, message));
            message[i] ^= 1;
        }
    }

    [Theory]
    [InlineData((byte)OriginRole.Echo)]
    [InlineData((byte)OriginRole.Control)]
    public void A_greeting_is_read_as_it_was_written(byte role)
    {
        var bytes = new byte[Greeting.Size];
        var greeting = new Greeting((OriginRole)role, -5);
        greeting.Write(bytes);

        Assert.Equal(greeting, Greeting.Read(bytes));
    }

    [Theory]
    [InlineData("GET / HT")]
    [InlineData("ATB~....")]
    public void Other_bytes_are_no_greeting(string bytes) => Assert.Null(Greeting.Read(System.Text.Encoding.ASCII.GetBytes(bytes)));
}
