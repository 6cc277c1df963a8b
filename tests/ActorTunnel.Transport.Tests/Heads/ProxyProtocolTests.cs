using System.Buffers.Binary;
using System.Net;
using System.Text;
using ActorTunnel.Transport.Heads;
using CsCheck;
using Xunit;

namespace ActorTunnel.Transport.Tests.Heads;

public sealed class ProxyProtocolTests
{
    private static readonly byte[] Signature = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];
    private static readonly byte[] V4Addresses = [192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 0x01, 0xBB];
    private static readonly IPEndPoint V4Source = IPEndPoint.Parse("192.0.2.1:12345");
    private static readonly IPEndPoint V4Destination = IPEndPoint.Parse("198.51.100.2:443");

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n", "192.0.2.1:12345", "198.51.100.2:443")]
    [InlineData("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", "255.255.255.255:65535", "0.0.0.0:0")]
    [InlineData("PROXY TCP6 2001:DB8::1 ::1 1 2\r\n", "[2001:db8::1]:1", "[::1]:2")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "[::ffff:192.0.2.1]:1", "[::1]:2")]
    public void Version_1_tells_both_ends(string line, string source, string destination)
    {
        var parse = Run(line + "rest");
        Assert.Equal(HeadStatus.Complete, parse.Status);
        Assert.Equal(new ProxyHeader(IPEndPoint.Parse(source), IPEndPoint.Parse(destination)), parse.Value);
        Assert.Equal(line.Length, parse.Consumed);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN any thing \u00FF at all\r\n")]
    public void Version_1_may_know_neither(string line)
    {
        var parse = Run(line);
        Assert.Equal(ProxyHeader.Unknown, parse.Value);
        Assert.Equal(line.Length, parse.Consumed);
    }

    [Theory]
    [InlineData("PROXY\r\n")]
    [InlineData("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY UNKNOWNS\r\n")]
    [InlineData("PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 99999999999\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4  2\r\n")]
    [InlineData("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.0x4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData("PROXY TCP6 [::1] ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 ::ffff:1.2.3.04 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 1::2::3 ::1 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    public void A_line_of_another_shape_is_refused(string line) => Assert.Equal(HeadStatus.Invalid, Run(line).Status);

    [Fact]
    public void A_line_may_have_107_bytes()
    {
        var longest = "PROXY UNKNOWN ".PadRight(105, 'x') + "\r\n";
        Assert.Equal(107, Run(longest).Consumed);
        var longer = "PROXY UNKNOWN ".PadRight(106, 'x') + "\r\n";
        Assert.Equal(HeadStatus.Invalid, Run(longer).Status);
        Assert.Equal(107, Cuts.DecidedAt(ProxyProtocolReader.Read, Encoding.Latin1.GetBytes(longer)));
    }

    [Fact]
    public void Version_2_tells_both_ends_over_IPv4()
    {
        var parse = Run([.. Header(0x21, 0x11, V4Addresses), 1, 2, 3]);
        Assert.Equal(new ProxyHeader(V4Source, V4Destination), parse.Value);
        Assert.Equal(28, parse.Consumed);
    }

    [Fact]
    public void Version_2_tells_both_ends_over_IPv6()
    {
        var source = IPEndPoint.Parse("[2001:db8::1]:12345");
        var destination = IPEndPoint.Parse("[2001:db8::2]:443");
        var parse = Run(Header(
            0x21, 0x21, [.. source.Address.GetAddressBytes(), .. destination.Address.GetAddressBytes(), 0x30, 0x39, 0x01, 0xBB]));
        Assert.Equal(new ProxyHeader(source, destination), parse.Value);
        Assert.Equal(52, parse.Consumed);
    }

    [Theory]
    [InlineData(0x20, 0x00, 0)]
    [InlineData(0x20, 0x11, 12)]
    [InlineData(0x20, 0x11, 3)]
    [InlineData(0x20, 0xFF, 50)]
    [InlineData(0x21, 0x00, 0)]
    [InlineData(0x21, 0x00, 77)]
    [InlineData(0x21, 0x31, 216)]
    public void Local_and_families_without_addresses_leave_the_connections_own(byte command, byte family, int length)
    {
        var parse = Run(Header(command, family, new byte[length]));
        Assert.Equal(ProxyHeader.Unknown, parse.Value);
        Assert.Equal(16 + length, parse.Consumed);
    }

    [Theory]
    [InlineData(0x22, 0x11, 13)]
    [InlineData(0x11, 0x11, 13)]
    [InlineData(0x01, 0x11, 13)]
    [InlineData(0x21, 0x12, 28)]
    [InlineData(0x21, 0x10, 28)]
    [InlineData(0x21, 0x01, 28)]
    [InlineData(0x21, 0x41, 28)]
    public void Another_version_command_family_or_transport_is_refused(byte command, byte family, int decidedAt)
    {
        var header = Header(command, family, V4Addresses);
        Assert.Equal(HeadStatus.Invalid, Run(header).Status);
        Assert.Equal(decidedAt, Cuts.DecidedAt(ProxyProtocolReader.Read, header));
    }

    [Theory]
    [InlineData(0x11, 11)]
    [InlineData(0x21, 35)]
    [InlineData(0x31, 215)]
    public void Fewer_bytes_than_the_addresses_need_are_refused(byte family, int length) =>
        Assert.Equal(HeadStatus.Invalid, Run(Header(0x21, family, new byte[length])).Status);

    [Fact]
    public void A_signature_with_one_wrong_byte_is_refused_there()
    {
        for (var at = 0; at < Signature.Length; at++)
        {
            var header = Header(0x21, 0x11, V4Addresses);
            header[at] ^= 0x20;
            Assert.Equal(HeadStatus.Invalid, Run(header).Status);
            Assert.Equal(at + 1, Cuts.DecidedAt(ProxyProtocolReader.Read, header));
        }
    }

    [Fact]
    public void Other_triples_are_skipped()
    {
        var header = Header(0x21, 0x11, [.. V4Addresses, 0x01, 0, 2, 104, 50, 0xE0, 0, 0, 0x04, 0, 1, 0]);
        Assert.Equal(new ProxyHeader(V4Source, V4Destination), Run(header).Value);
    }

    [Theory]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 1, 0 })]
    [InlineData(new byte[] { 1, 0, 1 })]
    [InlineData(new byte[] { 1, 0, 0, 9 })]
    public void A_triple_that_does_not_fit_is_refused(byte[] triples) =>
        Assert.Equal(HeadStatus.Invalid, Run(Header(0x21, 0x11, [.. V4Addresses, .. triples])).Status);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_right_checksum_is_accepted_wherever_it_stands(bool last)
    {
        byte[] other = [0x01, 0, 2, 104, 50];
        var header = WithChecksum(last ? other : [], last ? [] : other);
        Assert.Equal(new ProxyHeader(V4Source, V4Destination), Run(header).Value);
    }

    [Fact]
    public void One_changed_bit_after_the_family_makes_the_checksum_wrong()
    {
        var header = WithChecksum([], [0x01, 0, 2, 104, 50]);
        for (var bit = 16 * 8; bit < header.Length * 8; bit++)
        {
            var changed = (byte[])header.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            // A changed type of the checksum's triple makes another triple of it.
            if (bit / 8 != 28)
            {
                Assert.Equal(HeadStatus.Invalid, ProxyProtocolReader.Read(changed).Status);
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 3, 0, 3, 0, 0, 0 })]
    [InlineData(new byte[] { 3, 0, 5, 0, 0, 0, 0, 0 })]
    public void A_checksum_of_another_length_is_refused(byte[] triple) =>
        Assert.Equal(HeadStatus.Invalid, Run(Header(0x21, 0x11, [.. V4Addresses, .. triple])).Status);

    [Fact]
    public void A_header_of_4_KiB_is_read_and_one_byte_more_is_refused_by_its_length()
    {
        byte[] Padded(int length) => Header(
            0x21, 0x11, [.. V4Addresses, 4, (byte)((length - 31) >> 8), (byte)(length - 31), .. new byte[length - 31]]);
        Assert.Equal(4_096, ProxyProtocolReader.Read(Padded(4_096)).Consumed);
        Assert.Equal(HeadStatus.Invalid, ProxyProtocolReader.Read(Padded(4_097).AsSpan(0, 16)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PROXY")]
    [InlineData("\r\n\r\n")]
    public void An_optional_header_waits_while_it_may_come(string text) =>
        Assert.Equal(HeadStatus.Incomplete, ProxyProtocolReader.ReadOptional(Encoding.Latin1.GetBytes(text)).Status);

    [Theory]
    [InlineData("\u0016\u0003", 1)]
    [InlineData("PRI * HTTP/2.0", 3)]
    [InlineData("PROXYING", 6)]
    [InlineData("\r\n\r\nGET", 5)]
    public void An_optional_header_that_does_not_come_consumes_nothing(string text, int decidedAt)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var parse = Cuts.Run(ProxyProtocolReader.ReadOptional, bytes);
        Assert.Equal(HeadStatus.Complete, parse.Status);
        Assert.Null(parse.Value!.Header);
        Assert.Equal(0, parse.Consumed);
        Assert.Equal(decidedAt, Cuts.DecidedAt(ProxyProtocolReader.ReadOptional, bytes));
    }

    [Fact]
    public void An_optional_header_that_comes_has_to_be_right()
    {
        Assert.Equal(
            new ProxyHeader(V4Source, V4Destination), Cuts.Run(ProxyProtocolReader.ReadOptional, Header(0x21, 0x11, V4Addresses)).Value!.Header);
        Assert.Equal(HeadStatus.Invalid, Cuts.Run(ProxyProtocolReader.ReadOptional, "PROXY TCP4 x\r\n"u8.ToArray()).Status);
    }

    [Theory]
    [InlineData("192.0.2.1:12345", "198.51.100.2:443", "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n")]
    [InlineData("[2001:db8::1]:1", "[::1]:2", "PROXY TCP6 2001:db8:0:0:0:0:0:1 0:0:0:0:0:0:0:1 1 2\r\n")]
    [InlineData("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("192.0.2.1:1", "[::1]:2", "PROXY TCP6 0:0:0:0:0:ffff:c000:201 0:0:0:0:0:0:0:1 1 2\r\n")]
    public void Version_1_is_written_in_one_form(string source, string destination, string line) =>
        Assert.Equal(line, Text(ProxyHeader.Of(IPEndPoint.Parse(source), IPEndPoint.Parse(destination))));

    [Fact]
    public void What_is_not_known_is_written_as_such()
    {
        Assert.Same(ProxyHeader.Unknown, ProxyHeader.Of(null, V4Destination));
        Assert.Same(ProxyHeader.Unknown, ProxyHeader.Of(V4Source, null));
        Assert.Equal("PROXY UNKNOWN\r\n", Text(ProxyHeader.Unknown));
        Assert.Equal<byte>([.. Signature, 0x20, 0, 0, 0], ProxyProtocolWriter.Write(ProxyHeader.Unknown, ProxyProtocolVersion.V2).ToArray());
    }

    [Fact]
    public void Version_2_is_written_without_triples() => Assert.Equal<byte>(
        Header(0x21, 0x11, V4Addresses),
        ProxyProtocolWriter.Write(new ProxyHeader(V4Source, V4Destination), ProxyProtocolVersion.V2).ToArray());

    [Fact]
    public void What_is_written_is_read_back()
    {
        var address = Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]).Select(bytes => new IPAddress(bytes));
        var end = Gen.Select(address, Gen.Int[0, 65_535], (a, port) => new IPEndPoint(a, port));
        Gen.Select(end, end, Gen.Enum<ProxyProtocolVersion>()).Sample(
            (source, destination, version) =>
            {
                var header = ProxyHeader.Of(source, destination);
                var written = ProxyProtocolWriter.Write(header, version).ToArray();
                var parse = Cuts.Run(ProxyProtocolReader.Read, written);
                Assert.Equal(header, parse.Value);
                Assert.Equal(written.Length, parse.Consumed);
            },
            iter: 500);
    }

    [Fact]
    public void Two_ends_of_different_families_make_no_header() =>
        Assert.Throws<ArgumentException>(() => new ProxyHeader(V4Source, IPEndPoint.Parse("[::1]:1")));

    [Fact]
    public void No_input_throws_or_changes_a_verdict()
    {
        foreach (var good in (byte[][])[WithChecksum([], []), Header(0x21, 0x31, new byte[216]), "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n"u8.ToArray()])
        {
            Cuts.CheckRandom(ProxyProtocolReader.Read, good);
            Cuts.CheckRandom(ProxyProtocolReader.ReadOptional, good);
        }

        Gen.Byte.Array[0, 60].Sample(block => Run(Header(0x21, 0x11, [.. V4Addresses, .. block])), iter: 2_000);
    }

    private static HeadParse<ProxyHeader> Run(string text) => Run(Encoding.Latin1.GetBytes(text));

    private static HeadParse<ProxyHeader> Run(byte[] bytes) => Cuts.Run(ProxyProtocolReader.Read, bytes);

    private static string Text(ProxyHeader header) =>
        Encoding.ASCII.GetString(ProxyProtocolWriter.Write(header, ProxyProtocolVersion.V1).Span);

    private static byte[] Header(byte command, byte family, byte[] block) =>
        [.. Signature, command, family, (byte)(block.Length >> 8), (byte)block.Length, .. block];

    private static byte[] WithChecksum(byte[] before, byte[] after)
    {
        var header = Header(0x21, 0x11, [.. V4Addresses, .. before, 3, 0, 4, 0, 0, 0, 0, .. after]);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(31 + before.Length), Crc32C(header));
        return header;
    }

    /// <summary>Bit by bit, as the polynomial says; nothing of it is shared with the reader.</summary>
    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var octet in bytes)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
            }
        }

        return ~crc;
    }
}
