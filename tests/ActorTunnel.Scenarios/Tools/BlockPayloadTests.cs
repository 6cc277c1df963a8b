using ActorTunnel.TestSupport.Bytes;

namespace ActorTunnel.Scenarios.Tools;

/// <summary>Whatever goes wrong with bytes that verify themselves is found, and told with its place.</summary>
public sealed class BlockPayloadTests
{
    private const int Length = 5_000;
    private static readonly BlockPayload Mine = new(7, TunnelDirection.ToOrigin);
    private static readonly BlockPayload OtherTunnel = new(8, TunnelDirection.ToOrigin);
    private static readonly BlockPayload OtherDirection = new(7, TunnelDirection.ToApplication);

    public static readonly TheoryData<int> Cuts = new() { 1, 7, 256, 1_000, Length };

    [Theory]
    [MemberData(nameof(Cuts))]
    public void What_was_sent_is_right_in_any_cuts(int cut)
    {
        var verifier = new BlockVerifier(Mine);

        Assert.Null(Verify(verifier, Mine.Bytes(0, Length), cut));
        Assert.Equal(Length, verifier.Verified);
    }

    [Fact]
    public void Bytes_follow_from_their_offset_alone()
    {
        var whole = Mine.Bytes(0, Length);
        var random = new Random(1);
        for (var offset = 0; offset < Length;)
        {
            var count = Math.Min(random.Next(1, 600), Length - offset);
            Assert.Equal(whole[offset..(offset + count)], Mine.Bytes(offset, count));
            offset += count;
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_changed_byte_is_found(int cut)
    {
        for (var at = 0; at < 300; at++)
        {
            var bytes = Mine.Bytes(0, Length);
            bytes[at] ^= 0x10;

            var fault = Verify(new BlockVerifier(Mine), bytes, cut);

            Assert.Equal(new PayloadFault(PayloadFaultKind.Changed, Mine, at, Mine, at), fault);
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_lost_piece_is_found_with_its_size(int cut)
    {
        byte[] bytes = [.. Mine.Bytes(0, 1_111), .. Mine.Bytes(1_111 + 333, 2_000)];

        var fault = Verify(new BlockVerifier(Mine), bytes, cut);

        Assert.Equal(new PayloadFault(PayloadFaultKind.Lost, Mine, 1_111, Mine, 1_444), fault);
        Assert.Equal("tunnel 7, to origin: at offset 1111 333 bytes were lost", fault!.ToString());
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_doubled_piece_is_found_with_its_place(int cut)
    {
        byte[] bytes = [.. Mine.Bytes(0, 2_222), .. Mine.Bytes(1_000, 2_000)];

        var fault = Verify(new BlockVerifier(Mine), bytes, cut);

        Assert.Equal(new PayloadFault(PayloadFaultKind.Doubled, Mine, 2_222, Mine, 1_000), fault);
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Bytes_of_another_tunnel_are_named(int cut) => NamesTheStranger(OtherTunnel, cut);

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Bytes_of_the_other_direction_are_named(int cut) => NamesTheStranger(OtherDirection, cut);

    [Fact]
    public void Bytes_of_no_tunnel_are_found()
    {
        byte[] bytes = [.. Mine.Bytes(0, 100), .. new byte[1_000]];

        Assert.Equal(new PayloadFault(PayloadFaultKind.Unknown, Mine, 100, null, 0), Verify(new BlockVerifier(Mine), bytes, 50));
    }

    [Fact]
    public void A_wrong_byte_at_the_very_end_is_found()
    {
        var bytes = Mine.Bytes(0, Length);
        bytes[^1] ^= 1;
        var verifier = new BlockVerifier(Mine);

        Assert.True(verifier.Add(bytes)); // There may be more to come that tells what happened.

        Assert.Equal(PayloadFaultKind.Unknown, verifier.End()!.Kind);
        Assert.Equal(Length - 1, verifier.Verified);
    }

    private static void NamesTheStranger(BlockPayload stranger, int cut)
    {
        byte[] bytes = [.. Mine.Bytes(0, 1_500), .. stranger.Bytes(700, 2_000)];

        var fault = Verify(new BlockVerifier(Mine), bytes, cut);

        Assert.Equal(new PayloadFault(PayloadFaultKind.CrossedOver, Mine, 1_500, stranger, 700), fault);
    }

    private static PayloadFault? Verify(BlockVerifier verifier, byte[] bytes, int cut)
    {
        foreach (var piece in bytes.Chunk(cut))
        {
            verifier.Add(piece);
        }

        return verifier.End();
    }
}
