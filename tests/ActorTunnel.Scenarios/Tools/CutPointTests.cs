using ActorTunnel.TestSupport.Network;

namespace ActorTunnel.Scenarios.Tools;

/// <summary>Where a stream is to be cut is found, in whatever pieces it passes.</summary>
public sealed class CutPointTests
{
    /// <summary>Records of 5 + 3, 5 + 0 and 5 + 300 bytes: they begin at 0, 8 and 13, and end at 318.</summary>
    private static readonly byte[] TlsRecords =
        [0x16, 3, 3, 0, 3, 1, 2, 3, 0x17, 3, 3, 0, 0, 0x17, 3, 3, 1, 44, .. new byte[300], 0x17, 3, 3, 0, 1, 9];

    /// <summary>A preface, and frames of 9 + 6 and 9 + 0 bytes: they begin at 24 and 39.</summary>
    private static readonly byte[] ClientFrames =
        [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 6, 4, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 0, 0, 0, 4, 1, 0, 0, 0, 0];

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 6, 6)]
    [InlineData(1, 0, 8)]
    [InlineData(8, 0, 8)]
    [InlineData(9, 0, 13)]
    [InlineData(9, 7, 20)]
    [InlineData(14, 0, 318)]
    public void At_or_inside_a_TLS_record(int offset, int into, int place) => Assert.All(
        [1, 2, 5, 400], piece => Assert.Equal(place, PlaceOf(CutPoint.TlsRecord(offset, into), TlsRecords, piece)));

    [Theory]
    [InlineData(0, 24)]
    [InlineData(25, 39)]
    [InlineData(40, 48)]
    public void At_a_frame_behind_the_preface(int offset, int place) => Assert.All(
        [1, 2, 5, 400], piece => Assert.Equal(place, PlaceOf(CutPoint.Http2Frame(offset, fromClient: true), ClientFrames, piece)));

    [Fact]
    public void Behind_a_number_of_bytes() => Assert.All(
        [1, 2, 5, 400], piece => Assert.Equal(100, PlaceOf(CutPoint.After(100), TlsRecords, piece)));

    [Fact]
    public void Sizes_of_slices_stay_in_their_range()
    {
        var random = new Random(1);
        var sizes = Enumerable.Range(0, 1_000).Select(_ => new SliceSizes(1, 7).Next(random)).ToHashSet();

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], sizes.Order());
    }

    private static int PlaceOf(CutPoint point, byte[] bytes, int piece)
    {
        var finder = point.Find();
        var passed = 0;
        while (!finder.IsHere)
        {
            Assert.True(passed < bytes.Length, "the place was not found");
            passed += finder.Pass(bytes.AsSpan(passed, Math.Min(piece, bytes.Length - passed)));
        }

        return passed;
    }
}
