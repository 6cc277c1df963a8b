using System.Text;
using ActorTunnel.Http2.Hpack;
using CsCheck;
using Xunit;

namespace ActorTunnel.Http2.Tests.Hpack;

/// <summary>Encoder and decoder against each other, and the decoder against what no encoder sends.</summary>
public sealed class HpackPropertyTests
{
    private static readonly Gen<string> s_octets = Gen.Byte.Array[0, 60].Select(octets => Encoding.Latin1.GetString(octets));

    // Few names and values, so that they meet again in the tables; and now and then one that was never seen.
    private static readonly Gen<string> s_name = Gen.Frequency(
        (8, Gen.OneOfConst(":method", ":authority", ":status", "cookie", "authorization", "via", "x-a", "x-b", "x-c")),
        (1, s_octets));

    private static readonly Gen<string> s_value = Gen.Frequency(
        (6, Gen.OneOfConst("", "GET", "CONNECT", "200", "503", "host.com:443", "1", "2", "3")),
        (2, s_octets),
        (1, Gen.Int[0, 1_500].Select(length => new string('v', length))));

    private static readonly Gen<HeaderField> s_field = Gen.Select(
        s_name, s_value, Gen.Frequency((9, Gen.Const(false)), (1, Gen.Const(true))), (name, value, never) => new HeaderField(name, value, never));

    private static readonly Gen<HeaderField[]> s_list = s_field.Array[0, 10];

    private static readonly Gen<uint[]> s_tableSizes = Gen.Frequency(
        (4, Gen.Const(Array.Empty<uint>())),
        (1, Gen.OneOf(Gen.UInt[0, 300], Gen.UInt[0, 9_000]).Array[1, 3]));

    [Fact]
    public void Lists_survive_many_blocks_and_changes_of_the_table_size() =>
        Gen.Select(s_tableSizes, s_list).Array[1, 40].Sample(blocks =>
        {
            var encoder = new HpackEncoder();
            var decoder = new HpackDecoder();
            foreach (var (tableSizes, list) in blocks)
            {
                foreach (var size in tableSizes)
                {
                    encoder.SetPeerMaxTableSize(size);
                    decoder.SetMaxTableSize((int)Math.Min(size, 4096));
                }

                Assert.Equal(list.Select(AsReceived), decoder.DecodeOk(encoder.Encode(list)));
                Assert.Equal(encoder.Table.Entries(), decoder.Table.Entries());
                Assert.Equal(encoder.Table.MaxSize, decoder.Table.MaxSize);
            }
        }, iter: 300);

    [Fact]
    public void A_block_cut_at_any_octet_is_truncated_or_a_shorter_list() =>
        s_list.Sample(list =>
        {
            var encoder = new HpackEncoder();
            encoder.SetPeerMaxTableSize(1000);
            var block = encoder.Encode(list);
            for (var length = 0; length < block.Length; length++)
            {
                var fields = new List<HeaderField>();
                var result = new HpackDecoder().Decode(block.AsSpan(0, length), fields);
                if (result == HeaderListResult.Ok)
                {
                    Assert.Equal(list.Take(fields.Count).Select(AsReceived), fields);
                    Assert.InRange(fields.Count, 0, list.Length - (list.Length == 0 ? 0 : 1));
                }
                else
                {
                    Assert.Equal(HeaderListResult.Failed(HpackError.Truncated), result);
                }
            }
        }, iter: 60);

    [Fact]
    public void Random_octets_give_typed_results_within_the_budget() =>
        Gen.Byte.Array[0, 400].Array[1, 5].Sample(DecodesWithinBudget);

    [Fact]
    public void Octets_that_look_like_fields_give_typed_results_within_the_budget()
    {
        // Short literals and small indices, which random octets seldom are.
        var piece = Gen.OneOf(
            Gen.Byte[0x80, 0xc8].Select(octet => new[] { octet }),
            Gen.Byte[0x20, 0x3e].Select(octet => new[] { octet }),
            Gen.Select(Gen.OneOfConst((byte)0x00, (byte)0x10, (byte)0x40), Gen.Byte[0, 12].Array[1, 14], (first, rest) => (byte[])[first, .. rest]),
            Gen.Select(Gen.Byte[0x81, 0x9f], Gen.Byte.Array[0, 40], (length, rest) => (byte[])[0x41, length, .. rest]));
        var block = piece.Array[0, 60].Select(pieces => pieces.SelectMany(octets => octets).ToArray());

        block.Array[1, 5].Sample(DecodesWithinBudget);
    }

    [Fact]
    public void A_good_block_with_a_changed_octet_gives_a_typed_result() =>
        Gen.Select(s_list.Where(list => list.Length > 0), Gen.Int[0, int.MaxValue], Gen.Byte).Sample((list, position, octet) =>
        {
            var block = new HpackEncoder().Encode(list);
            block[position % block.Length] = octet;
            DecodesWithinBudget([block]);
        });

    private static HeaderField AsReceived(HeaderField field) =>
        field.Name is "cookie" or "authorization" ? field with { NeverIndexed = true } : field;

    private static void DecodesWithinBudget(byte[][] blocks)
    {
        var decoder = new HpackDecoder();
        var fields = new List<HeaderField>();
        foreach (var block in blocks)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var result = decoder.Decode(block, fields);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.InRange(allocated, 0, (4 * block.Length) + (64 * 1024));
            Assert.Equal(result.Outcome == HeaderListOutcome.Error, result.Error != HpackError.None);
            Assert.InRange(fields.Count, 0, result.IsFatal ? 0 : 64);
            Assert.InRange(fields.Sum(field => field.Size), 0, 16 * 1024);
            Assert.InRange(decoder.Table.Size, 0, decoder.Table.MaxSize);
            Assert.Equal(decoder.Table.Size, decoder.Table.Entries().Sum(entry => entry.Size));
        }
    }
}
